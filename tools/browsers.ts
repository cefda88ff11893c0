// biome-ignore lint/performance/noBarrelFile: files outside this folder cannot find its packages.
export { default as axe } from 'axe-core';
export {
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  chromium,
  type Page,
} from 'playwright-core';
