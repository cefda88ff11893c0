import { expect } from 'vitest';
import type { ShownMessage } from '#sandbox/interactions/interaction.ts';
import type { SandboxPerson } from '#sandbox/people/person.ts';
import { recapReply } from '#test/features/captions/answers/recap-reply.ts';
import { readSrt } from '#test/features/captions/files/subtitle-readers.ts';
import { download } from '#test/sandbox/download.ts';
import { buttonsOf, commandReply, pressed, whispered } from '#test/scenarios/setup/asking.ts';
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
  soon,
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

/** Transcript with the lines just shown; they are kept within 300 ms. */
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
  const nothing = whispered('find.none', { words: 'table' });
  await eventually(async () =>
    expect(await commandReply(cleo, 'captions find', { words: 'table' })).toMatchObject(nothing),
  );
  expect(await commandReply(cleo, 'captions transcript')).toMatchObject(
    whispered('transcript.none'),
  );
}

scenario(
  'what was said is found again: as files, by words, by a question, and summed up',
  async () => {
    const sayings = new Sayings(['Friday at eight', 'I book the table', 'we play chess']);
    // A model that was taken in: a line that nobody said, one that says something else, an owner who was not there.
    const reply = recapReply(
      { kind: 'decision', text: 'They meet on Friday.', line: 1, words: 'Friday at eight' },
      { kind: 'task', text: 'Book a table.', owner: 'Ben', line: 2, words: 'book the table' },
      { kind: 'task', text: 'Bring the board.', owner: 'Zoe', line: 3, words: 'we play chess' },
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
      whispered('find.none', { words: 'zebra' }),
    );
    await expectForReaders(setup);
    const answer = await commandReply(ben, 'ask', { question: 'When do we meet?', about: 'this' });
    expect(answer.ephemeral).toBe(true);
    expect(answer.text).toMatch(/^Adam at \d\d:\d\d: "Friday at eight" https:/);
    expect(promptsOf(setup)).toContain('I book the table');
    const recap = await commandReply(adam, 'captions recap');
    expect(recap.ephemeral).toBe(true);
    expect(recap.text).toMatch(
      /\*\*Decisions\*\*\n- They meet on Friday\. \(Adam, \d\d:\d\d\) \S+\n\*\*Tasks\*\*\n- Ben: Book a table\. \(Ben, \d\d:\d\d\) \S+\n- Bring the board\. \(Adam, \d\d:\d\d\) \S+$/,
    );
    expectLinks(setup, recap.text, said);
    await commandReply(ben, 'privacy deny');
    const later = await commandReply(adam, 'captions recap');
    expect(later.text).toContain('They meet on Friday.');
    expect(later.text).not.toMatch(/Ben|table/);
  },
);

function hasTranscriptButton(message: ShownMessage): boolean {
  return buttonsOf(message).some(([name]) => name === 'captions.transcript');
}

/** Cleo came later, and Dora sits nowhere and may not enter: the button gives each, alone, what they may know. */
async function expectBehindButton(
  setup: ScenarioSetup,
  message: ShownMessage,
  { cleo, dora }: Readonly<Record<'cleo' | 'dora', SandboxPerson>>,
): Promise<void> {
  const shown = await pressed(cleo, message, 'captions.transcript');
  expect(shown.ephemeral).toBe(true);
  const all = (await download(shown.files[0]?.url ?? '', setup.sandbox)).text;
  expect([all.includes('quagga'), all.includes('what was said')]).toEqual([true, true]);
  const none = whispered('transcript.none');
  expect(await pressed(dora, message, 'captions.transcript')).toMatchObject(none);
}

scenario(
  'a person who came later knows what was said before, and one who may not enter nothing of it',
  async () => {
    const sayings = new Sayings(['quagga at eight', 'okapi for all', 'Nova what was said']);
    const replies = [{ match: 'what was said', text: 'That it is at eight.' }];
    await using setup = await openScenario({ providers: { ...sayings.providers, replies } });
    const { sandbox } = setup;
    const dora = sandbox.person('Dora');
    sandbox.guild().permit('Lounge', 'Dora', { deny: ['connect'] });
    const [adam] = await captioned(setup, ['Ben']);
    await sayings.say(adam, 'quagga at eight');
    await untilShown(setup, '**Adam** quagga at eight');
    const cleo = sandbox.person('Cleo');
    await cleo.join('Lounge', soon());
    await commandReply(cleo, 'privacy allow');
    await Promise.all([adam, cleo].map((one) => one.settled(soon())));
    const unread = whispered('transcript.none');
    expect(await commandReply(dora, 'captions transcript')).toMatchObject(unread);
    expect(await commandReply(dora, 'captions find', { words: 'quagga' })).toMatchObject(
      whispered('find.none', { words: 'quagga' }),
    );
    await sayings.say(cleo, 'Nova what was said');
    await untilShown(setup, '**Nova** That it is at eight.');
    expect(promptsOf(setup)).toContain('quagga at');
    expect((await commandReply(cleo, 'captions find', { words: 'quagga' })).text).toContain(
      'quagga at eight',
    );
    const panel = sandbox.messages('general').find(hasTranscriptButton);
    if (!panel) throw new Error('The panel has no button for the transcript.');
    await expectBehindButton(setup, panel, { cleo, dora });
  },
);
