import { buttons as knownButtons } from '#commands/buttons.ts';
import { toGuildId, toPersonId } from '#src/base/ids.ts';
import { createConversationState } from '#src/conversation/machine/state.ts';
import { drawPanel } from '#src/discord/panel/panels.ts';
import { type PanelContent, type PanelStage, toLeftPanel } from '#src/ports/panel.ts';
import type { TalkState } from '#src/ports/talk-guide.ts';
import { createPanel } from '#src/sessions/panel-view.ts';
import { formatText, type TextLine } from '#src/texts/texts.ts';
import { talkState } from '#test/fakes/talk-state.ts';
import { test } from './page-test.ts';

const named = new Map(knownButtons.map((button) => [button.name, button]));
const start = createConversationState(
  {} as Parameters<typeof createConversationState>[0],
);
const makePerson = (
  name: string,
  standing: TalkState['people'][number]['standing'],
) => ({
  id: toPersonId(name),
  name,
  standing,
});

/** The panel as the bot keeps it where Adam sits with it, changed by `more`. */
function panelIn(overrides: Partial<TalkState>) {
  return createPanel({
    talk: { ...talkState, ...overrides },
    state: start,
    guildId: toGuildId('g'),
    consent: { getConsent: () => 'brief', canWrite: () => true },
    getName: (id) => id,
    features: {},
  });
}

/** The message of a panel as the room tells of it. */
function panelMessage(content: PanelContent) {
  const { content: text } = drawPanel(undefined, content, 'en', named);
  const buttons = content.rows.flat().map((name) => {
    const button = named.get(name.split(':')[0] ?? '');
    const label = formatText(button?.label ?? 'button.more');
    return { customId: `parley:${name}`, label, disabled: false, style: 2 };
  });
  const place = { kind: 'message', change: 'posted', id: '30', channel: 'Lounge' };
  return { ...place, author: 'Nova', text, buttons, files: [], menus: [] };
}

/** The facts of a panel as the room tells of them. */
function panelFacts(stage: PanelStage) {
  const { headline, notes } = stage;
  const formatLine = (line: TextLine) => formatText(line.id, line.with);
  return {
    kind: 'panel',
    ...stage,
    headline: formatLine(headline),
    notes: notes.map(formatLine),
  };
}

/** Where everybody sits; the bot in the Lounge with Adam, unless it is changed. */
function roomState(botIn: string | undefined, adamIn: string | undefined) {
  const person = { id: '1', name: 'Adam', isYou: true, speaks: false };
  const ben = { id: '2', name: 'Ben', isYou: false, speaks: false, channel: 'Lounge' };
  return {
    kind: 'state',
    people: [{ ...person, ...(adamIn && { channel: adamIn }) }, ben],
    channels: ['Lounge', 'Workshop'].map((name, n) => ({
      id: `${n}`,
      name,
      kind: 'voice',
    })),
    bot: {
      id: '9',
      online: true,
      name: 'Nova',
      speaks: false,
      ...(botIn && { channel: botIn }),
    },
    commands: [{ name: 'join', description: 'Comes to your channel' }],
    you: 'Adam',
  };
}

type Silence = {
  readonly content?: PanelContent;
  readonly botIn?: string | undefined;
  readonly adamIn?: string | undefined;
  readonly says: string;
  /** The button that ends it, and the request that a press makes; nobody there can end the others. */
  readonly press?: readonly [label: string, request: object];
};

const makePress = (name: string) => ({
  kind: 'press',
  messageId: '30',
  customId: `parley:${name}`,
});
const silences: Readonly<Record<string, Silence>> = {
  'has left': {
    content: toLeftPanel(),
    botIn: undefined,
    says: formatText('leave.nowhere'),
    press: ['/join', makePress('try.join')],
  },
  'sits in another channel': {
    botIn: 'Workshop',
    says: 'Nova is not in Lounge.',
    press: ['Call Nova', { kind: 'command', name: 'join' }],
  },
  'sits where the person of the page does not': {
    content: panelIn({}),
    adamIn: undefined,
    says: 'You are in no voice channel.',
    press: ['Join Lounge', { kind: 'join', channel: 'Lounge' }],
  },
  'was told no': {
    content: panelIn({ people: [makePerson('Adam', 'no')] }),
    says: formatText('join.ok.ask', { channel: 'Lounge' }),
    press: ['Hear me', makePress('consent.always')],
  },
  'was told nothing yet': {
    content: panelIn({ people: [makePerson('Adam', 'unasked')] }),
    says: 'Waiting for you',
    press: ['Hear me', makePress('consent.always')],
  },
  'does not hear somebody whom the page plays': {
    content: panelIn({
      people: [makePerson('Adam', 'always'), makePerson('Ben', 'unasked')],
    }),
    says: 'Nova does not hear Ben yet.',
    press: ['Let Ben agree', { kind: 'command', name: 'privacy allow', person: 'Ben' }],
  },
  'is paused': {
    content: panelIn({ isPaused: true }),
    says: formatText('privacy.paused'),
    press: ['Pause/resume', makePress('pause:resume')],
  },
  'answers only after Ask': {
    content: panelIn({ addressing: 'window' }),
    says: formatText('settings.addressing.window'),
    press: ['Ask', makePress('ask')],
  },
  'needs its name among several': {
    content: panelIn({
      people: [makePerson('Adam', 'always'), makePerson('Ben', 'always')],
    }),
    says: formatText('join.ok.several', { channel: 'Lounge', bot: 'Nova' }),
    press: ['Ask', makePress('ask')],
  },
  'only writes captions': {
    content: panelIn({ mode: 'captions', isCaptioned: true }),
    says: formatText('captions.only'),
  },
  'answers nobody here': {
    content: panelIn({ addressing: 'off' }),
    says: formatText('settings.addressing.off'),
  },
  'has used its budget': {
    content: panelIn({ quietUntil: '00:00 UTC' }),
    says: formatText('panel.quiet', { time: '00:00 UTC' }),
  },
  'is deafened': {
    content: panelIn({ isDeafened: true }),
    says: formatText('deafened.server'),
  },
  'has lost its voice link': {
    content: panelIn({ isLinked: false }),
    says: formatText('panel.reconnecting'),
  },
};

test.for(Object.entries(silences))(
  'while the bot %s the page says so, never that it just listens, and shows the button that ends it',
  async ([, silence], { setup, tab, opened }) => {
    const { content, says, press } = silence;
    const botIn = 'botIn' in silence ? silence.botIn : 'Lounge';
    const adamIn = 'adamIn' in silence ? silence.adamIn : 'Lounge';
    setup.report(roomState(botIn, adamIn));
    if (content) setup.report(panelMessage(content));
    if (content?.stage) setup.report(panelFacts(content.stage));
    const stage = tab.getByRole('region', { name: 'Panel' });
    await stage.getByText(says).first().waitFor();
    expect(await stage.getByText('Just talk to me').count()).toBe(0);
    if (press) {
      const [label, request] = press;
      const countBefore = setup.asked.length;
      await stage.getByRole('button', { name: label, exact: true }).click();
      await expect.poll(() => setup.asked.at(countBefore)).toMatchObject(request);
    }
    expect(opened.complaints).toEqual([]);
  },
);
