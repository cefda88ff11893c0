import { expect, test } from 'vitest';
import type { Answers } from '#sandbox/interactions/interaction.ts';
import { realClock } from '#src/base/clock.ts';
import { openSchema, withPostgres } from '#test/fakes/postgres.ts';
import { soon } from '#test/scenarios/setup/scenario-setup.ts';
import { openProcesses } from './bot-processes.ts';

/** Longest time, in ms, until a log line: a lease lasts 30 s. */
const longMs = 60_000;
/** Discord takes a first answer for 3 s: in ms, how old a command may be when its shard is served. */
const acceptedMs = 2_500;
const everyMs = 20;

withPostgres(() => {
  test('every call that comes while a process ends in order is answered by it or by its successor', {
    timeout: 120_000,
    retry: 1,
  }, async () => {
    await using schema = await openSchema();
    const environment = { DATABASE_URL: schema.url.reveal(), COMMANDS_PER_PERSON: '0' };
    await using setup = await openProcesses({ environment });
    const one = await setup.start('one');
    const two = await setup.start('two');
    await two.logged(({ msg }) => msg === 'shard served', longMs);
    const person = setup.sandbox.guild('Sandbox').person('Adam');
    await person.join('Lounge', soon());

    const issued = [person.command('join')];
    const timer = setInterval(() => issued.push(person.command('join')), everyMs);
    const served = two.logged(({ msg, shard }) => msg === 'shard served' && shard === 0, longMs);
    await Promise.all([one.stop(), served]);
    clearInterval(timer);
    const servedAtMs = realClock.nowMs();
    const accepted = issued.filter(({ sentAtMs }) => sentAtMs > servedAtMs - acceptedMs);
    // A call that was shown as thinking to its caller alone is answered by a message of its own.
    const either = (call: Answers) => Promise.any([call.answered(soon()), call.followed(soon())]);
    await Promise.all(accepted.map(either));
    expect(accepted.length).toBeGreaterThan(3);
    expect(setup.sandbox.violations()).toEqual([]);
  });
});
