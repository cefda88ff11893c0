import { z } from 'zod';
import { groups } from '#src/config/roles.ts';
import { standardModels } from '#src/provider/models/standard-models.ts';
import { estimateMinuteCost } from '#src/spending/minute-cost.ts';
import table from './vendors.json' with { type: 'json' };

export const vendorSchema = z.strictObject({
  name: z.string().min(1).max(20),
  baseUrl: z.url(),
  roles: z.array(z.enum(groups)).min(1).readonly(),
  needsKey: z.boolean(),
  /** One model hears, thinks and speaks over the Realtime API. */
  isRealtime: z.boolean().optional(),
  /** Documents the base URL and the paths. */
  source: z.url({ protocol: /^https$/ }),
});

/** A vendor with an OpenAI-compatible API, or a local program. */
export type Vendor = Readonly<z.infer<typeof vendorSchema>>;

/** In the order in which setup offers them. */
export const vendors: readonly Vendor[] = z.array(vendorSchema).parse(table);

/** Two hours of conversation a day. */
const minutesPerMonth = 2 * 60 * 30;

export function estimateOpenAiMonthUsd(): number {
  const {
    chat: model,
    realtimeSpeech: reader,
    transcription: recogniser,
  } = standardModels;
  return minutesPerMonth * estimateMinuteCost({ recogniser, model, reader }).wholeUsd;
}
