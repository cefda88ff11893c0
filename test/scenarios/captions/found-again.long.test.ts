import { expect } from 'vitest';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { recapReply } from '#test/features/captions/answers/recap-reply.ts';
import { readSrt } from '#test/features/captions/files/subtitle-readers.ts';
import { commandReply, whispered } from '#test/scenarios/setup/asking.ts';
import {
  captioned,
  promptsOf,
  Sayings,
  transcriptFor,
  untilShown,
} from '#test/scenarios/setup/captioning.ts';
import {
  eventually,
  openScenario,
  type ScenarioSetup,
  scenario,
} from '#test/scenarios/setup/scenario-setup.ts';

/** Each link of a recap leads to the message that shows the line of its point; prints how many do. */
function expectLinks({ sandbox }: ScenarioSetup, shown: string, said: readonly string[]): void {
  const links = [...shown.matchAll(/https:\/\/discord\.com\/channels\/\d+\/(\d+)\/(\d+)/g)];
  const resolved = links.filter(([, channelId, messageId], n) => {
    const message = sandbox.messages('Lounge').find(({ id }) => id === messageId);
    const isThere = channelId === sandbox.guild().channelId('Lounge');
    return isThere && message?.text.includes(said[n] ?? 'nothing');
  });
  console.info(`recap links that resolve: ${resolved.length} of ${links.length}`);
  expect([resolved.length, links.length]).toEqual([said.length, said.length]);
}

type JsonLine = { readonly text: string; readonly startMs: number };

/** Transcript with the lines just shown. */
async function transcriptWith(
  setup: ScenarioSetup,
  person: SandboxPerson,
  said: readonly string[],
): Promise<{ readonly lines: readonly JsonLine[] }> {
  let lines: readonly JsonLine[] = [];
  await eventually(async () => {
    ({ lines } = JSON.parse(await transcriptFor(setup, person, 'json')));
    expect(lines.map(({ text }) => text)).toEqual(said);
  });
  return { lines };
}

/** Cleo was not there; whether she may know it depends on whether she may open the place of the captions. */
async function expectForReaders({ sandbox }: ScenarioSetup): Promise<void> {
  const cleo = sandbox.person('Cleo');
  const found = await commandReply(cleo, 'captions find', { words: 'table' });
  expect([found.ephemeral, found.text.includes('I book the table')]).toEqual([true, true]);
  sandbox.guild().permit('Lounge', 'Cleo', { deny: ['viewChannel'] });
  const nothing = whispered('ask.unknown');
  await eventually(async () =>
    expect(await commandReply(cleo, 'captions find', { words: 'table' })).toMatchObject(nothing),
  );
  expect(await commandReply(cleo, 'captions transcript')).toMatchObject(whispered('ask.unknown'));
}

scenario(
  'what was said is found again: as files, by words, by a question, and summed up',
  async () => {
    const sayings = new Sayings(['Friday at eight', 'I book the table', 'we play chess']);
    // A model that was taken in: a line that nobody said, one that says something else.
    const reply = recapReply(
      { kind: 'decision', text: 'They meet on Friday.', line: 1, words: 'Friday at eight' },
      { kind: 'task', text: 'Ben books a table.', line: 2, words: 'book the table' },
      { kind: 'task', text: 'Somebody brings the board.', line: 3, words: 'we play chess' },
      { text: 'Unfounded.', line: 99, words: 'we play chess' },
      { text: 'Misquoted.', line: 3, words: 'we play draughts' },
    );
    const replies = [
      { match: 'Question:', text: '[1]' },
      { match: /Friday at eight[\s\S]*play chess/, text: reply },
    ];
    await using setup = await openScenario({ providers: { ...sayings.providers, replies } });
    const [adam, ben] = await captioned(setup, ['Ben']);
    if (!ben) throw new Error('Nobody came.');
    await sayings.say(adam, 'Friday at eight');
    await untilShown(setup, '**Adam** Friday at eight');
    await sayings.say(ben, 'I book the table');
    await untilShown(setup, '**Ben** I book the table');
    await sayings.say(adam, 'we play chess');
    await untilShown(setup, '**Adam** we play chess');
    const said = ['Friday at eight', 'I book the table', 'we play chess'];
    const speakers = ['Adam', 'Ben', 'Adam'];
    const json = await transcriptWith(setup, adam, said);
    const read = readSrt(await transcriptFor(setup, ben, 'srt'));
    expect(read.map(({ text }) => text)).toEqual(said);
    expect(read.map(({ speaker }) => speaker)).toEqual(speakers);
    for (const [n, { startMs, endMs }] of read.entries()) {
      expect(endMs - startMs).toBeGreaterThan(300);
      expect(Math.abs(startMs - (json.lines[n]?.startMs ?? 0))).toBeLessThanOrEqual(1);
      expect(startMs).toBeGreaterThanOrEqual(read[n - 1]?.endMs ?? 0);
    }
    const file = await transcriptFor(setup, adam, 'txt');
    for (const one of said) expect(file).toContain(one);
    const found = await commandReply(ben, 'captions find', { words: 'table' });
    expect(found.ephemeral).toBe(true);
    expect(found.text).toMatch(
      /Ben at \d\d:\d\d: "I book the table" https:\/\/discord\.com\/channels\/\d+\/\d+\/\d+/,
    );
    expect(await commandReply(ben, 'captions find', { words: 'zebra' })).toMatchObject(
      whispered('ask.unknown'),
    );
    await expectForReaders(setup);
    const answer = await commandReply(ben, 'ask', { question: 'When do we meet?', about: 'this' });
    expect(answer.ephemeral).toBe(true);
    expect(answer.text).toMatch(/^Adam at \d\d:\d\d: "Friday at eight" https:/);
    expect(promptsOf(setup)).toContain('I book the table');
    const recap = await commandReply(adam, 'captions recap');
    expect(recap.ephemeral).toBe(true);
    expect(recap.text).toMatch(
      /\*\*Decisions\*\*\nAdam at \d\d:\d\d: They meet on Friday\. \S+\n\*\*Tasks\*\*\nBen at \d\d:\d\d: Ben books a table\. \S+\nAdam at \d\d:\d\d: Somebody brings the board\. \S+$/,
    );
    expectLinks(setup, recap.text, said);
    await commandReply(ben, 'privacy deny');
    const later = await commandReply(adam, 'captions recap');
    expect(later.text).toContain('They meet on Friday.');
    expect(later.text).not.toMatch(/Ben|table/);
  },
);
