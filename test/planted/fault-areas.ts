import { plantedBreaks } from '#test/mission/planted-breaks.ts';
import type { PlantedFault } from '#test/simulate/planted-fault.ts';
import { plantedFaults } from '#test/simulate/planted-faults.ts';
import { plantedLeaks } from '#test/virtual-scenes/planted-leaks.ts';
import { featureFaults } from './feature-faults.ts';
import { audienceFaults, moneyFaults, negotiationFaults } from './gate-faults.ts';
import { mindFaults } from './mind-faults.ts';

/** All planted faults, by what they break. */
export const faultAreas = {
  talk: plantedFaults,
  consent: plantedLeaks,
  mission: plantedBreaks,
  audience: audienceFaults,
  money: moneyFaults,
  negotiation: negotiationFaults,
  features: featureFaults,
  mind: mindFaults,
} as const satisfies Record<string, readonly PlantedFault[]>;

export type FaultArea = keyof typeof faultAreas;

export type AreaFault = { readonly area: FaultArea; readonly fault: PlantedFault };

/** Lists the faults of areas: the first of each area, the second of each, and so on, so that a run of any length meets all areas. */
export function listFaults(
  areas: readonly FaultArea[],
  order: (faults: readonly PlantedFault[]) => readonly PlantedFault[] = (faults) =>
    faults,
): readonly AreaFault[] {
  return areas
    .flatMap((area) =>
      order(faultAreas[area]).map((fault, index) => ({ area, fault, place: index })),
    )
    .toSorted((entry, other) => entry.place - other.place);
}
