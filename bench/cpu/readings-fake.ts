import type { PeopleFigures } from './orders.ts';
import type { BareReading, BotReading } from './reading.ts';
import type { CpuReading } from './rows.ts';

export function people(figures: Partial<PeopleFigures> = {}): PeopleFigures {
  return {
    answerMs: [400, 500, 600],
    asked: 8,
    failed: 0,
    sentPackets: 10_000,
    latePackets: 10,
    heardPackets: 2_000,
    ...figures,
  };
}

export function botReading(reading: Partial<BotReading> = {}): BotReading {
  return {
    label: 'here',
    minutes: 1,
    cpu: 4,
    wakeUps: 150,
    mainWakeUps: 100,
    residentMb: 160,
    people: people(),
    peopleCpu: 20,
    serversCpu: 5,
    ...reading,
  };
}

const bare: BareReading = {
  cpu: 1,
  wakeUps: 60,
  mainWakeUps: 60,
  receivedPerMinute: 10_000,
  sentPerMinute: 2_000,
};

export function cpuReading(reading: Partial<CpuReading> = {}): CpuReading {
  return {
    row: { name: 'talk', channels: 1, load: { do: 'converse', channels: 1, quietMs: 400 } },
    bots: [botReading()],
    bare,
    machine: { others: 1, stolen: 0 },
    ...reading,
  };
}
