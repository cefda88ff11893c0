import { z } from 'zod';
import { groups, type SettingGroup } from '#src/config/keys.ts';
import { isOpenAi, standardModels } from '#src/provider/models/models.ts';
import {
  answeredMs,
  askedMs,
  hearingUsd,
  pricesAsOf,
  questions,
  speakingUsd,
  thinkingUsd,
} from '#src/spending/minute-cost.ts';
import table from './vendors.json' with { type: 'json' };

/** A vendor, or a program for servers of one's own, with OpenAI's paths. */
export type Vendor = {
  readonly name: string;
  /** Usual base address. */
  readonly baseUrl: string;
  /** Settings it can serve. */
  readonly roles: readonly SettingGroup[];
  readonly needsKey: boolean;
  /** It asks servers of others, whose prices are not known here. */
  readonly isProxy?: boolean | undefined;
  /** Page that names the address and the paths. */
  readonly source: string;
};

export const vendorSchema = z.strictObject({
  name: z.string().min(1).max(20),
  baseUrl: z.url(),
  roles: z.array(z.enum(groups)).min(1),
  needsKey: z.boolean(),
  isProxy: z.boolean().optional(),
  source: z.url({ protocol: /^https$/ }),
});

/** In the order in which they are offered. A test holds the list against the schema. */
export const vendors: readonly Vendor[] = z.array(vendorSchema).parse(table);

/** Whether it is a program on one's own machine. */
export function isOwn({ baseUrl }: Pick<Vendor, 'baseUrl'>): boolean {
  return new URL(baseUrl).hostname === '127.0.0.1';
}

/** Minutes of conversation in a month of two hours a day. */
const minutesAMonth = 2 * 60 * 30;

const embedded = 'None: embedded';
const columns = [16, 8, 8, 8, 9] as const;

/** Table of the choices: monthly cost for each role, and quality, one line each. */
export function choiceScreen(offered: readonly Vendor[]): string {
  const head = ['US$ a month', 'hears', 'thinks', 'speaks', 'together', 'quality'];
  const rows = offered.map((vendor) => [vendor.name, ...costCells(vendor), 'not measured']);
  const own = [embedded, '0', '0', '0', '0', 'English, demo'];
  return [
    `Cost of each choice for two hours of talk a day: ${questions} questions of ${askedMs / 1000} s and`,
    `answers of ${answeredMs / 1000} s a minute, prices of ${pricesAsOf()}.`,
    '',
    ...[head, ...rows, own].map(lineOf),
    '',
    '?  the price is not known: see the price list of the vendor',
    '0  your own machine; the embedded chat answers from a small list',
    '-  not offered: the next question asks for another server',
    'Setup tries your choice at once, and shows how soon it answers.',
  ].join('\n');
}

function lineOf(cells: readonly string[]): string {
  const padded = cells.map((cell, n) => {
    const width = columns[n] ?? 0;
    return n === 0 || n === columns.length ? cell.padEnd(width) : cell.padStart(width);
  });
  return padded.join('  ').trimEnd();
}

/** Cost of each role and of all of them, in US$ a month. */
function costCells(vendor: Vendor): readonly string[] {
  const each = groups.map((group) =>
    vendor.roles.includes(group) ? monthUsd(vendor, group) : undefined,
  );
  const known = each.flatMap((cost) => (typeof cost === 'number' ? cost : []));
  const isWhole = known.length === vendor.roles.length;
  const sum = known.reduce((total, usd) => total + usd, 0);
  return [...each.map(shownCost), isWhole ? shown(sum) : '?'];
}

/** US dollars a month; `unknown`: without a known price. */
function monthUsd(vendor: Vendor, group: SettingGroup): number | 'unknown' {
  if (isOwn(vendor) && !vendor.isProxy) return 0;
  if (!isOpenAi(vendor.baseUrl)) return 'unknown';
  const { host } = new URL(vendor.baseUrl);
  const cost = {
    TRANSCRIPTION: () => hearingUsd({ model: standardModels.transcription, host }),
    CHAT_COMPLETION: () => thinkingUsd({ model: standardModels.chat, host }),
    SPEECH: () => speakingUsd({ model: standardModels.realtimeSpeech, host }),
  }[group]();
  return cost === undefined ? 'unknown' : cost * minutesAMonth;
}

function shownCost(cost: number | 'unknown' | undefined): string {
  if (cost === undefined) return '-';
  return cost === 'unknown' ? '?' : shown(cost);
}

function shown(usd: number): string {
  return usd === 0 ? '0' : usd.toFixed(2);
}
