import { z } from 'zod';
import { groups, type SettingGroup } from '#src/config/roles.ts';
import { standardModels } from '#src/provider/models/standard-models.ts';
import { estimateMinuteCost } from '#src/spending/minute-cost.ts';
import table from './vendors.json' with { type: 'json' };

/** A vendor with an OpenAI-compatible API, or a local program. */
export interface Vendor {
  readonly name: string;
  readonly baseUrl: string;
  readonly roles: readonly SettingGroup[];
  readonly needsKey: boolean;
  /** One model hears, thinks and speaks over the Realtime API. */
  readonly isRealtime?: boolean | undefined;
  /** Command that starts a local program which does not run. */
  readonly start?: string | undefined;
  /** Offered under "More". */
  readonly isMore?: boolean | undefined;
  /** Documents the base URL and the paths. */
  readonly source: string;
}

/** A row of `vendors.json`. */
export const vendorSchema: z.ZodType<Vendor> = z.strictObject({
  name: z.string().min(1).max(20),
  baseUrl: z.url(),
  roles: z.array(z.enum(groups)).min(1).readonly(),
  needsKey: z.boolean(),
  isRealtime: z.boolean().optional(),
  start: z.string().min(1).max(60).optional(),
  isMore: z.boolean().optional(),
  source: z.url({ protocol: /^https$/ }),
});

/** In the order in which setup offers them. */
export const vendors: readonly Vendor[] = z.array(vendorSchema).parse(table);

/** Two hours of conversation a day. */
const minutesPerMonth = 2 * 60 * 30;

/** Estimates the costs of a month with OpenAI's usual models, at two hours a day. */
export function estimateOpenAiMonthUsd(): number {
  const {
    chat: model,
    realtimeSpeech: reader,
    transcription: recogniser,
  } = standardModels;
  return minutesPerMonth * estimateMinuteCost({ recogniser, model, reader }).wholeUsd;
}
