import { existsSync } from 'node:fs';

/** Where Debian's packages put Chromium; first the one without windows, which takes less CPU. */
const places = ['/usr/bin/chromium-headless-shell', '/usr/bin/chromium'] as const;

/** Where Chromium lies: `CHROMIUM`, else where a package of Debian put it. */
export const chromiumPath =
  process.env.CHROMIUM ?? places.find((place) => existsSync(place)) ?? places[0];

/** Before the first test: without a browser none can run. */
export function setup() {
  if (existsSync(chromiumPath)) return;
  const how =
    'apt-get install chromium-headless-shell (Debian), or CHROMIUM=path of another one';
  throw new Error(
    `The page is tested in Chromium, and there is none at ${chromiumPath}: ${how}.`,
  );
}
