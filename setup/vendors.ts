import { z } from 'zod';
import { groups } from '#src/config/roles.ts';
import { standardModels } from '#src/provider/models/standard-models.ts';
import {
  estimateHearingUsd,
  estimateSpeakingUsd,
  estimateThinkingUsd,
} from '#src/spending/minute-cost.ts';
import table from './vendors.json' with { type: 'json' };

export const vendorSchema = z.strictObject({
  name: z.string().min(1).max(20),
  /** Usual base address. */
  baseUrl: z.url(),
  /** Settings it can serve. */
  roles: z.array(z.enum(groups)).min(1).readonly(),
  needsKey: z.boolean(),
  /** One model hears, thinks and speaks over OpenAI's Realtime API. */
  isRealtime: z.boolean().optional(),
  /** Page that names the address and the paths. */
  source: z.url({ protocol: /^https$/ }),
});

/** A vendor, or a program for servers of one's own, with OpenAI's paths. */
export type Vendor = Readonly<z.infer<typeof vendorSchema>>;

/** In the order in which they are offered. A test holds the list against the schema. */
export const vendors: readonly Vendor[] = z.array(vendorSchema).parse(table);

/** Minutes of conversation in a month of two hours a day. */
const minutesPerMonth = 2 * 60 * 30;

/** US dollars of such a month with the usual models of OpenAI, by the known prices. */
export function estimateOpenAiMonthUsd(): number {
  const pricedModel = (model: string) => ({ model, host: 'api.openai.com' });
  const { chat, realtimeSpeech, transcription } = standardModels;
  const minute = [
    estimateHearingUsd(pricedModel(transcription)),
    estimateThinkingUsd(pricedModel(chat)),
    estimateSpeakingUsd(pricedModel(realtimeSpeech)),
  ];
  return minutesPerMonth * minute.reduce<number>((sum, usd = Number.NaN) => sum + usd, 0);
}
