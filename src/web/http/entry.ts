import { setCookie } from 'hono/cookie';
import { z } from 'zod';
import { foreignJson, type JsonLimits } from '#src/base/json.ts';
import { cookieName } from './doors.ts';
import type { EntryLinks, EntryOutcome } from './entry-links.ts';
import { type PageSessions, sessionS } from './page-sessions.ts';
import type { RateLimits } from './rate-limits.ts';
import { refuse, refuseRate } from './refusal.ts';
import { noSession, type PageApp, viewerOf } from './viewer.ts';

const entryBody = z.object({ key: z.string() });
const entryLimits: JsonLimits = {
  bytes: 4_096,
  depth: 2,
  values: 8,
  elements: 8,
  stringBytes: 1_024,
  keyBytes: 64,
};

/** Reasons why a key does not work, one sentence each. */
const sentences: Readonly<Record<Exclude<EntryOutcome['kind'], 'entered'>, string>> = {
  used: 'This link was used before, and each works once. For a new one: npm run link, or /stats in Discord.',
  expired: 'This link is older than 10 minutes. For a new one: npm run link, or /stats in Discord.',
  unknown: 'This link is not known here. For a new one: npm run link, or /stats in Discord.',
};

/** `POST /enter {key}` turns an entry link into a session cookie; `GET /face` says which page its viewer is to see. */
export function serveEntry(
  app: PageApp,
  {
    links,
    sessions,
    rates,
  }: { readonly links: EntryLinks; readonly sessions: PageSessions; readonly rates: RateLimits },
): void {
  app.get('/face', (context) => {
    const viewer = viewerOf(context);
    if (!viewer) return refuse(context, noSession);
    const { kind: face } = viewer;
    if (face === 'manager') return context.json({ face, guildId: viewer.guildId });
    return context.json({ face });
  });
  app.post('/enter', async (context) => {
    const { address, isPublic } = context.get('door');
    const waitS = await rates.entry(address);
    if (waitS !== undefined) return refuseRate(context, waitS);
    const bytes = new Uint8Array(await context.req.arrayBuffer());
    const body = entryBody.safeParse(foreignJson(bytes, entryLimits));
    const key = body.success ? body.data.key : '';
    const outcome = await links.enter(key);
    if (outcome.kind !== 'entered') {
      const { kind } = outcome;
      return refuse(context, { status: 403, code: `link.${kind}`, message: sentences[kind] });
    }
    await rates.entered(address);
    setCookie(context, cookieName(context.env), sessions.open(outcome.viewer), {
      httpOnly: true,
      sameSite: 'Strict',
      secure: isPublic,
      path: '/',
      maxAge: sessionS,
    });
    return context.json({ face: outcome.viewer.kind });
  });
}
