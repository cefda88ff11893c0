import { upgradeWebSocket } from '@hono/node-server';
import type { WSContext } from 'hono/ws';
import {
  frameKinds,
  headBytes,
  readFrame,
  type SoundFrame,
} from '#page/room/sound/sound-frames.js';
import { type BrowserEvent, formatFrame } from '#sandbox/page/browser-protocol.ts';
import type { PageOptions } from '#src/web/http/page.ts';
import { type PageApp, requireEntry } from '#src/web/http/viewer.ts';
import { openTestPage } from '#test/web/http/open-page.ts';

export type PageRequest = {
  readonly kind: string;
  readonly id: number;
  readonly [field: string]: unknown;
};

const makeButton = (label: string, customId: string, style = 2) => ({
  ...{ label, customId, style },
  disabled: false,
});

const colours = {
  ...{
    customId: 'colour',
    placeholder: 'A colour',
    disabled: false,
    minCount: 1,
    maxCount: 1,
  },
  choices: [
    { label: 'Red', value: 'red' },
    { label: 'Blue', value: 'blue' },
  ],
};
const usual = { required: true, isLong: false, value: '', maxLength: 100 };

/** Form that the bot opens for a press on About you: a line, a text and a menu. */
const form = {
  ...{ id: '70', title: 'About you' },
  fields: [
    { ...usual, customId: 'name', label: 'Name' },
    { ...usual, customId: 'story', label: 'Story', isLong: true, value: 'Once' },
    { ...usual, customId: 'colour', label: 'Colour', menu: colours },
  ],
};

/** The bot's private reply to a command about its voice. */
const voiceReply = {
  text: 'I speak as Rain.',
  ephemeral: true,
  files: [
    { name: 'voice.wav', type: 'audio/wav', sizeBytes: 9_000, url: '/voice.wav' },
  ],
};

/** The bot's private refusal to a command about a track of somebody else. */
const refusal = { text: 'That sound is of Adam.', ephemeral: true };

/** Lines of a room that has been used for a while: every kind of thing that is drawn. */
const lines: readonly BrowserEvent[] = [
  {
    kind: 'state',
    people: [
      { id: '1', name: 'You', isYou: true, speaks: false, channel: 'Lounge' },
      { id: '2', name: 'Adam', isYou: false, speaks: true, channel: 'Lounge' },
      { id: '3', name: 'Beth', isYou: false, speaks: false },
    ],
    channels: [
      { id: '8', name: 'general', kind: 'text' },
      { id: '9', name: 'Lounge', kind: 'voice' },
      { id: '10', name: 'Stage', kind: 'voice' },
    ],
    bot: { id: '9', online: true, channel: 'Lounge', name: 'Parley', speaks: true },
    commands: [
      { name: 'join', description: 'Comes to your channel' },
      {
        name: 'ask',
        description: 'Asks in writing',
        options: [{ type: 3, name: 'question', description: 'What', required: true }],
      },
      {
        name: 'track',
        options: [
          {
            type: 1,
            name: 'play',
            options: [{ type: 3, name: 'name', required: true, autocomplete: true }],
          },
        ],
      },
    ],
    you: 'You',
  },
  {
    kind: 'engines',
    engines: [
      { role: 'speech to text', isLocal: true, what: '' },
      { role: 'chat', isLocal: false, what: 'gpt at 127.0.0.1' },
    ],
  },
  {
    ...{
      kind: 'message',
      change: 'posted',
      id: '20',
      channel: 'general',
      author: 'Parley',
    },
    ...{ text: 'In Lounge', files: [], atMs: 1 },
    buttons: [
      makeButton('Hear me', 'hear', 1),
      makeButton('Stop', 'stop', 4),
      makeButton('About you', 'about'),
    ],
    menus: [colours],
  },
  {
    ...{
      kind: 'message',
      change: 'posted',
      id: '21',
      channel: 'general',
      author: 'Adam',
    },
    ...{
      text: '**Hello** <@1>, see `/help` in <#8>:\n> once said\n- one\n```\ncode\n```',
      buttons: [],
      files: [
        {
          name: 'talk.srt',
          type: 'text/plain',
          sizeBytes: 3_000,
          url: '/room/files/7/talk.srt',
        },
        {
          name: 'answer.wav',
          type: 'audio/wav',
          sizeBytes: 9_000,
          url: '/room/files/8/answer.wav',
        },
      ],
      to: 'You',
      atMs: 2,
    },
  },
  { kind: 'said', who: 'You', text: 'What time is it?' },
  {
    ...{
      kind: 'answered',
      answerId: 1,
      who: 'You',
      text: 'It is noon.',
      heardText: 'It is noon.',
    },
    ...{ finish: 'completed', firstHeardAtMs: 1_400 },
    instants: {
      ...{
        heardAtMs: 1_000,
        endedAtMs: 1_180,
        recognisedAtMs: 1_140,
        firstTokenAtMs: 1_220,
      },
      ...{ firstClauseAtMs: 1_240, firstSpeechAtMs: 1_290, firstSentAtMs: 1_310 },
    },
  },
  { kind: 'ignored', who: 'Adam', why: 'not-named' },
];

/** The bot's process: Ollama runs, and every key is refused. */
function answerModels({ kind, key }: PageRequest) {
  if (kind === 'models.find')
    return {
      servers: [{ name: 'Ollama', models: ['llama3.2', 'qwen3'] }],
      stopped: [],
      vendors: ['OpenAI'],
    };
  if (kind !== 'models.connect') return {};
  if (key !== undefined) return { outcome: 'refused', why: 'OpenAI refused the key.' };
  return { outcome: 'connected', server: 'Ollama', roles: 'chat' };
}

/** Sends the line of a command to the page, as the sandbox does. */
function echoCommand({ line }: PageRequest, socket: WSContext) {
  if (typeof line !== 'string') return;
  socket.send(formatFrame({ kind: 'command', text: line }));
}

/** A page whose room says `lines` to who comes, answers every request with ok, and keeps what it was asked and sent. */
export async function openSetup(
  more: Pick<Partial<PageOptions>, 'browsers' | 'port'> = {},
) {
  const [asked, frames]: [PageRequest[], SoundFrame[]] = [[], []];
  const channels: WSContext[] = [];
  const sounds: WSContext[] = [];
  let ends = 0;
  const makeRoutes = (app: PageApp) => {
    const onMessage = ({ data }: MessageEvent, socket: WSContext) => {
      const line: PageRequest = JSON.parse(data);
      asked.push(line);
      echoCommand(line, socket);
      const choices =
        line.kind === 'complete' ? [{ name: 'Rain (30 min)', value: 'rain' }] : [];
      const asks = line.customId === 'about' && { form };
      const isVoice = line.kind === 'command' && `${line.name}`.startsWith('voice ');
      const isTrack = line.kind === 'command' && `${line.name}`.startsWith('track ');
      const told = (isVoice && voiceReply) || (isTrack && refusal);
      const match = line.kind.startsWith('models.') && answerModels(line);
      socket.send(
        formatFrame({
          kind: 'reply',
          id: line.id,
          ok: true,
          choices,
          ...asks,
          ...told,
          ...match,
        }),
      );
    };
    const onOpen = (_: Event, socket: WSContext) => {
      channels.push(socket);
      // Private replies are kept once a page has asked for something.
      const keptEvents = lines.filter(
        (line) => asked.length > 0 || line.to === undefined,
      );
      socket.send(formatFrame(...keptEvents));
    };
    app.get(
      '/room',
      requireEntry,
      upgradeWebSocket(() => ({ onOpen, onMessage })),
    );
    const onSound = ({ data }: MessageEvent) => {
      const frame = readFrame(data);
      if (frame?.kind === frameKinds.sentEnd) ends++;
      else if (frame) frames.push(frame);
    };
    app.get(
      '/room/sound',
      requireEntry,
      upgradeWebSocket(() => ({
        onOpen: (_, socket) => sounds.push(socket),
        onMessage: onSound,
      })),
    );
  };
  const page = await openTestPage({
    ...more,
    webSocket: { maxFrameBytes: headBytes + 4_096 },
    routes: makeRoutes,
  });
  const { link, url } = page;
  const reportLine = (line: BrowserEvent) => channels.at(-1)?.send(formatFrame(line));
  return {
    ...{ url, link, asked, frames, report: reportLine, channels, sounds },
    /** Number of times that a page ended its talk. */
    get ends() {
      return ends;
    },
    [Symbol.asyncDispose]: () => page[Symbol.asyncDispose](),
  };
}
