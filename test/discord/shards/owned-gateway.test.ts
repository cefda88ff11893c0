import { expect, test } from 'vitest';
import { openSandbox } from '#sandbox/sandbox.ts';
import { closeClient, logIn, newClient } from '#src/discord/login.ts';
import type { OwnedShard } from '#src/discord/shards/ownership.ts';
import { silentVoice } from '#test/sandbox/voice/silent-voice.ts';

const soon = () => AbortSignal.timeout(10_000);

test('a gateway that is asked to come back asks its owner first, and stays away where it may not', async () => {
  await using sandbox = await openSandbox({ voice: silentVoice().half });
  let [mayReconnect, times] = [true, 0];
  const shard: OwnedShard = {
    id: 0,
    count: 1,
    recommendedCount: 1,
    waitToIdentify: async () => undefined,
    sharing: {
      mustEndFormer: false,
      mayReconnect: async () => {
        times++;
        return mayReconnect;
      },
      sessionChanged: () => undefined,
      keepPlace: () => undefined,
      claim: async () => 'mine',
    },
  };
  const { token, apiUrl } = sandbox;
  const login = { token, apiUrl, timeoutMs: 10_000, shard };
  const client = await logIn(newClient(login), login, soon());
  const isOnline = () => sandbox.gatewaySessions().some(({ online }) => online);

  sandbox.faults.askToReconnect();
  await expect.poll(() => times).toBe(1);
  await expect.poll(isOnline).toBe(true);

  mayReconnect = false;
  sandbox.faults.askToReconnect();
  await expect.poll(() => times).toBe(2);
  await closeClient(client);
  expect([isOnline(), times]).toEqual([false, 2]);
});
