import { buttons as allButtons } from '#commands/buttons.ts';
import { toPersonId } from '#src/base/ids.ts';
import { type ChatMessage, historyLimits } from '#src/chat/chat-model.ts';
import { openChatModel } from '#src/chat/completions/openai-chat.ts';
import { toSpeakable } from '#src/chat/text/speakable.ts';
import { selectRecentMessages } from '#src/conversation/answering/answer-request.ts';
import {
  type MessageBody,
  renderMessage,
  renderSentence,
} from '#src/discord/interactions/rendering.ts';
import { drawPanel } from '#src/discord/panel/panels.ts';
import { describeTrackPanel } from '#src/features/tracks/session-tracks.ts';
import {
  findNameObjection,
  normaliseTrackName,
} from '#src/playback/tracks/named-track.ts';
import type { PanelContent } from '#src/ports/panel.ts';
import { consentButtons } from '#src/ports/talk-guide.ts';
import { ApiClient } from '#src/provider/api-client.ts';
import {
  maxMessageChars,
  takeFirstChars,
  toOneLine,
  toPostedText,
} from '#src/texts/plain-text.ts';
import { formatText } from '#src/texts/texts.ts';
import {
  addressingRules,
  decideAddressing,
  initialAddressing,
} from '#src/turn/addressing/addressing.ts';
import { classifyInterjection } from '#src/turn/overlap/interjections.ts';
import { makeText } from '#test/fuzz/fuzz-inputs.ts';
import { makeAsyncTarget, makeTarget } from '#test/fuzz/make-target.ts';
import { fc } from '#test/properties.ts';

const pieces = [
  ...[
    '@everyone',
    '@here',
    '@EVERYONE',
    '<@1>',
    '<@!1>',
    '<@&1>',
    '<#1>',
    '</say:1>',
    '<t:1>',
  ],
  ...[
    '<a:b:1>',
    '<id:home>',
    '@',
    '<',
    '>',
    '\\',
    '](',
    '[a](https://a.b)',
    'https://a.b/c',
  ],
  ...[
    '\n',
    '\r',
    '\r\n',
    '\u0085',
    '\u2028',
    '\u2029',
    '\v',
    '\f',
    '\t',
    ' ',
    '\u3000',
  ],
  ...[
    '\u200b',
    '\u200d',
    '\u2060',
    '\ufeff',
    '\u00ad',
    '\u061c',
    '\u200e',
    '\u202e',
    '\u2066',
  ],
  ...[
    ':',
    '\uff1a',
    '\ua789',
    '\u2236',
    'Bob: ',
    'system: ',
    'Ann',
    'Nova',
    ', ',
    '; ',
    '. ',
  ],
  ...[
    '**',
    '__',
    '~~',
    '||',
    '`',
    '```',
    '# ',
    '> ',
    '- ',
    '1. ',
    '{name}',
    '{x}',
    '$&',
    '$1',
  ],
  ...[
    '\ud800',
    '\udc00',
    '\ud83d',
    '👍',
    '👩‍👩‍👧',
    'e\u0301',
    '\u0301'.repeat(8),
    '\0',
    '\u001b[0m',
  ],
];
/** Up to some 4,000 characters and more, as people may type them into a form. */
const words = fc.oneof(
  { weight: 4, arbitrary: makeText(pieces, 12) },
  { weight: 1, arbitrary: makeText(pieces) },
);

const lineBreak = /[\n\v\f\r\u0085\u2028\u2029]/;
const linesOf = (content: string) => content.split(lineBreak);
const unseenEveryone = /@(everyone|here)/i;
const mention = /<(@[!&]?\d|#\d)/;

function mustHold(holds: boolean, what: string) {
  if (!holds) throw new Error(what);
}

/** Nobody is pinged, and Discord takes it. */
function mustBeHarmless({ content, allowedMentions, components = [] }: MessageBody) {
  mustHold(
    allowedMentions.parse.length === 0 && !('users' in allowedMentions),
    'It may ping.',
  );
  mustHold(!unseenEveryone.test(content), 'It mentions everyone.');
  mustHold(content.length <= maxMessageChars, `It has ${content.length} characters.`);
  mustHold(
    components.length <= 5 && components.every((row) => row.components.length <= 5),
    'Rows.',
  );
  const ids = components.flatMap((row) =>
    row.components.map(({ custom_id }) => custom_id),
  );
  mustHold(
    ids.every((id) => id.length <= 100),
    'Discord refuses the id of a button.',
  );
}

const buttons = new Map(allButtons.map((button) => [button.name, button]));
const languages = { caller: 'de', room: 'en' } as const;

/** A panel on which everything that people may choose reads `a` or `b`. */
function toContent(a: string, b: string): PanelContent {
  const typed = normaliseTrackName(takeFirstChars(a, 100));
  const name = findNameObjection(typed) === 'bad-name' ? 'main' : typed;
  const current = { title: b, positionMs: 0, loop: false };
  const track = {
    name,
    percent: 50,
    isPaused: false,
    isMuted: false,
    current,
    waiting: [],
  };
  const { buttons: trackButtons = [], lines = [] } = describeTrackPanel([track], 'en');
  const names = `${a}, ${b}`;
  return {
    lines: [
      { id: 'panel.speaking', with: { name: a } },
      { id: 'panel.next', with: { name: b } },
      { id: 'panel.heard', with: { name: a, words: b } },
      { id: 'panel.people.yes', with: { names } },
      ...lines,
    ],
    rows: [['ask', 'stop', 'more'], trackButtons, consentButtons],
  };
}

function readNames([a, b]: readonly [string, string]) {
  const head = { id: 'panel.next', with: { name: a } } as const;
  mustBeHarmless(drawPanel(head, toContent(a, b), 'en', buttons));
  const usual = drawPanel(undefined, toContent('Ann', 'Ben'), 'en', buttons);
  const bare = drawPanel(undefined, toContent(a, b), 'en', buttons);
  mustHold(
    linesOf(bare.content).length <= linesOf(usual.content).length,
    'A name forges a line.',
  );
  const notice = renderSentence(
    { id: 'panel.next', with: { name: toOneLine(a) } },
    'en',
  );
  mustHold(linesOf(notice).length === 1, 'A name forges a line of a notice.');
  const reply = {
    id: 'track.added',
    with: { title: a, track: b, n: 1 },
    to: 'room',
  } as const;
  const answer = {
    id: 'generic',
    with: { code: a },
    to: 'caller',
    lines: [reply],
  } as const;
  mustBeHarmless(renderMessage(reply, languages, buttons));
  mustBeHarmless(renderMessage({ ...answer, buttons: ['stop'] }, languages, buttons));
  const written = toPostedText(`${a} ${b}`);
  mustHold(
    !unseenEveryone.test(written) && !mention.test(written),
    'What is written mentions somebody.',
  );
  mustHold(
    written.length <= 2 * maxMessageChars,
    'What is written grows without bounds.',
  );
  toSpeakable(formatText('said.to', { name: a, text: b }));
}

/** Messages as they reach a server. */
async function promptOf(
  spoken: readonly ChatMessage[],
): Promise<readonly { readonly content: string }[]> {
  const bodies: string[] = [];
  const client = new ApiClient(
    { baseUrl: 'http://example.test/v1' },
    async (_url, init) => {
      bodies.push(String(init?.body));
      return new Response(
        'data: {"choices":[{"delta":{"content":"Hi"},"finish_reason":"stop"}]}\n\n',
      );
    },
  );
  const { signal } = new AbortController();
  for await (const _ of openChatModel(client, { model: 'm' }).reply(
    spoken,
    [],
    signal,
  ));
  return JSON.parse(bodies[0] ?? '').messages;
}

/** Builds the prompt and checks it: one line for each speaker, under a name that is theirs. */
async function readPrompts([a, b]: readonly [string, string]) {
  const said = [
    { role: 'user', name: a, content: b },
    { role: 'user', name: b, content: a },
    { role: 'user', name: 'Eve', content: `${a}${b}` },
  ] as const;
  const spoken = said.filter(({ name }) => name !== '');
  const [shown] = await promptOf(spoken);
  const lines = linesOf(String(shown?.content));
  mustHold(
    lines.length === spoken.length,
    `${spoken.length} people have ${lines.length} lines.`,
  );
  mustHold(
    lines.every((line) =>
      /^[^:\u02d0\u05c3\u2236\ua789\ufe13\ufe55\uff1a]+: /.test(`${line} `),
    ),
    'A line has no name, or one with a colon.',
  );
  const exchange = [
    { role: 'user', name: a, content: b },
    { role: 'assistant', content: b },
  ] as const;
  const recent = selectRecentMessages([...exchange, ...exchange, ...exchange]);
  const kept = recent.reduce((sum, { content }) => sum + content.length, 0);
  mustHold(kept <= historyLimits.characters, `The history holds ${kept} characters.`);
}

/** The names of the bot and of those present, among words. */
function readAddressing([a, b]: readonly [string, string]) {
  // Words that are both names and fillers take time that grows with the square of their number: 600 of them 74 ms.
  const text = b.slice(0, 600);
  const rules = { ...addressingRules, names: [a, 'Nova'] };
  const spoken = {
    speakerId: toPersonId('1'),
    fromMs: 0,
    humans: 3,
    text,
    present: [a, text],
  };
  decideAddressing(initialAddressing, spoken, rules);
  classifyInterjection(b, { isFinal: true, names: [a] });
}

const two = fc.tuple(words, words);

/** Names and typed words of people, on their way into prompts, panels, replies and notices. */
export const nameTargets = [
  makeTarget('names-shown', two, readNames),
  makeAsyncTarget('names-prompted', two, readPrompts),
  makeTarget('names-addressed', two, readAddressing),
];
