import { DiscordAPIError } from 'discord.js';
import { expect, test } from 'vitest';
import { InteractionClaims } from '#src/discord/shards/interaction-claims.ts';
import type { InteractionClaim } from '#src/discord/shards/ownership.ts';

const one = { id: '1', token: 't' };

/** Claims whose database answers `claim`; `taken`: Discord has a first answer already. */
function openClaims(claim: InteractionClaim, taken = false) {
  const posted: unknown[] = [];
  const due: (() => void)[] = [];
  const sharing = {
    mustEndFormer: false,
    mayReconnect: async () => true,
    sessionChanged: () => undefined,
    keepPlace: () => undefined,
    claim: async () => claim,
  };
  const post = async (route: string) => {
    posted.push(route);
    const raw = { code: 40_060, message: 'Interaction has already been acknowledged.' };
    if (taken) throw new DiscordAPIError(raw, 40_060, 400, 'POST', route, {});
    return undefined;
  };
  const timing = {
    nowMs: () => 0,
    later: (_: number, run: () => void) => {
      due.push(run);
      return () => undefined;
    },
  };
  return { claims: new InteractionClaims(sharing, { post }, timing), posted, due };
}

test('what this process claims is answered once, and what another one has is left to it', async () => {
  const { claims, posted } = openClaims('mine');
  expect(await claims.admit(one)).toBe('fresh');
  expect(await claims.admit(one)).toBe('dropped');
  expect(await openClaims('taken').claims.admit(one)).toBe('dropped');
  expect(posted).toEqual([]);
});

test('where the database does not answer, Discord decides who does', async () => {
  const first = openClaims('unknown');
  expect(await first.claims.admit(one)).toBe('deferred');
  expect(first.posted).toEqual(['/interactions/1/t/callback']);
  expect(await openClaims('unknown', true).claims.admit(one)).toBe('dropped');
});

test('what was missed is deferred at once, and what comes during a takeover after a second and a half', async () => {
  const missed = openClaims('mine');
  missed.claims.receiveEarly(one, true);
  expect(await missed.claims.admit(one)).toBe('deferred');

  const live = openClaims('mine');
  live.claims.receiveEarly(one, false);
  await expect.poll(() => live.due.length).toBe(1);
  expect(live.posted).toEqual([]);
  live.due[0]?.();
  await expect.poll(() => live.posted.length).toBe(1);
  expect(await live.claims.admit(one)).toBe('deferred');

  const soon = openClaims('mine');
  soon.claims.receiveEarly(one, false);
  soon.claims.open();
  expect(await soon.claims.admit(one)).toBe('fresh');
  expect(soon.posted).toEqual([]);
});
