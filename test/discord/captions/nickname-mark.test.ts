import { expect, test } from 'vitest';
import { NicknameMarks } from '#src/discord/captions/nickname-mark.ts';
import { SteppedTiming } from '#test/discord/setup/stepped-timing.ts';

/** Marks in one server, where the bot has that nickname; Discord tells of changes when `reported` is called. */
function open(nickname: string | null | undefined) {
  const changes: (string | null)[] = [];
  const warnings: unknown[] = [];
  const failures: Error[] = [];
  let [cached, standing] = [nickname, nickname];
  const timing = new SteppedTiming();
  const marks = new NicknameMarks({
    ownName: 'Nova',
    nicknameIn: () => cached,
    async change(_guildId, to) {
      const failure = failures.shift();
      if (failure) throw failure;
      standing = to;
      changes.push(to);
    },
    warn: (_guildId, cause) => warnings.push(cause),
    timing,
  });
  const set = async (isOn: boolean) => {
    marks.set('g', isOn);
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  };
  const reported = () => {
    cached = standing;
  };
  return {
    marks,
    timing,
    set,
    reported,
    changes,
    warnings,
    failures,
    rename: (name: string) => (cached = name),
  };
}

test.each([null, 'Nova', 'Captain'])(
  'a nickname (%j) is marked, and afterwards as it was',
  async (before) => {
    const { set, changes, reported } = open(before);
    await set(true);
    reported();
    await set(true);
    await set(false);
    expect(changes).toEqual([`${before ?? 'Nova'} • CC`, before]);
  },
);

test('a mark is taken away also before Discord has told of it', async () => {
  const { set, changes } = open(null);
  await set(true);
  await set(false);
  await set(true);
  expect(changes).toEqual(['Nova • CC', null, 'Nova • CC']);
});

test.each([
  ['Nova • CC', null],
  ['Captain • CC', 'Captain'],
])(
  'a mark that a former run left (%s) is taken away, unless it is wanted again',
  async (left, before) => {
    const first = open(left);
    first.marks.restore('g');
    expect(first.changes).toEqual([before]);
    const second = open(left);
    await second.set(true);
    second.marks.restore('g');
    expect(second.changes).toEqual([]);
  },
);

test('a nickname that somebody gave it meanwhile stays', async () => {
  const { set, changes, rename } = open(null);
  await set(true);
  rename('Bot of the year');
  await set(false);
  expect(changes).toEqual(['Nova • CC']);
});

test.each(['x'.repeat(28), undefined])(
  'where the mark does not fit or is not allowed nothing happens (%j)',
  async (nickname) => {
    const { set, changes } = open(nickname);
    await set(true);
    await set(false);
    expect(changes).toEqual([]);
  },
);

test('a change that fails is told once', async () => {
  const { set, failures, warnings } = open(null);
  failures.push(new Error('one'), new Error('two'));
  await set(true);
  await set(true);
  expect(warnings).toEqual([new Error('one')]);
});

test('a mark that Discord did not take away is tried again, unless it is wanted anew', async () => {
  const { set, changes, failures, timing, reported } = open(null);
  const passMs = async (ms: number) => {
    timing.passMs(ms);
    for (let turn = 0; turn < 10; turn++) await Promise.resolve();
  };
  await set(true);
  reported();
  failures.push(new Error('503'), new Error('503'));
  await set(false);
  await passMs(30_000);
  expect(changes).toEqual(['Nova • CC']);
  await passMs(60_000);
  expect(changes).toEqual(['Nova • CC', null]);
  reported();
  await set(true);
  failures.push(new Error('503'));
  await set(false);
  await set(true);
  await passMs(86_400_000);
  expect(changes).toEqual(['Nova • CC', null, 'Nova • CC']);
});
