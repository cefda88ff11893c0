import { existsSync } from 'node:fs';

/** Where Chromium lies: `CHROMIUM`, else where Debian's package puts it. */
export const chromiumPath = process.env.CHROMIUM ?? '/usr/bin/chromium';

/** Before the first test: without a browser none can run. */
export function setup(): void {
  if (existsSync(chromiumPath)) return;
  const how = 'apt-get install chromium (Debian), or CHROMIUM=path of another Chromium';
  throw new Error(`The page is tested in Chromium, and there is none at ${chromiumPath}: ${how}.`);
}
