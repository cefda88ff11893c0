import axe from 'axe-core';
import type { Page } from 'playwright-core';
import { expect } from 'vitest';

/** Color schemes, and widths of the window in pixels, in which each face of the page is tried. */
export const appearances = [
  ['light', 360],
  ['light', 1_280],
  ['dark', 390],
  ['dark', 1_920],
] as const;

/**
 * Fails where axe finds a violation, or where something is wider than a window of `width` pixels; `strict` includes the contrast of
 * WCAG's level AAA. Resolves to the number of rules that passed.
 */
export async function expectDrawnWell(tab: Page, width: number, strict = false): Promise<number> {
  await tab.evaluate(axe.source);
  const { found, passed } = await tab.evaluate(async (enabled) => {
    const rules = { 'color-contrast-enhanced': { enabled } };
    const checked = await (globalThis as unknown as { axe: typeof axe }).axe.run({ rules });
    const all = checked.violations.flatMap(({ id, nodes }) =>
      nodes.map(({ html }) => `${id}: ${html}`),
    );
    return { found: all, passed: checked.passes.length };
  }, strict);
  expect(found).toEqual([]);
  const scrollWidth = await tab.evaluate('document.documentElement.scrollWidth');
  expect(scrollWidth).toBeLessThanOrEqual(width);
  return passed;
}
