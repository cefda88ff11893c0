import { z } from 'zod';
import { estimateMinuteCosts } from '#bench/pipelines/minute-costs.ts';
import table from '#setup/vendors.json' with { type: 'json' };
import { estimateOpenAiMonthUsd, vendorSchema, vendors } from '#setup/vendors.ts';
import { isAddress } from '#src/config/settings.ts';

test('each vendor has one name, an address that setup takes, its roles and a source', () => {
  expect(z.array(vendorSchema).safeParse(table).error).toBeUndefined();
  expect(new Set(vendors.map(({ name }) => name)).size).toBe(vendors.length);
  for (const { baseUrl, needsKey } of vendors) {
    expect(isAddress(baseUrl)).toBe(true);
    expect(baseUrl.startsWith(needsKey ? 'https://' : 'http://127.0.0.1:')).toBe(true);
  }
});

test('a month with OpenAI costs as much as npm run bench -- pipelines counts', () => {
  const [chained] = estimateMinuteCosts();
  expect(estimateOpenAiMonthUsd()).toBeCloseTo(3_600 * (chained?.wholeUsd ?? 0));
});
