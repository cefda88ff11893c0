import { Events, type Interaction } from 'discord.js';
import type {
  Button,
  Command,
  CommandCall,
  CommandPorts,
  Replies,
  Reply,
} from '#src/conversation/command.ts';
import type { DiscordEvent } from '#src/discord/events.ts';
import { InteractionReceiver } from '#src/discord/interactions/reception.ts';
import type { CommandEntry } from '#src/discord/interactions/slashes.ts';
import { text } from '#src/texts/texts.ts';
import { SteppedTiming } from '#test/discord/setup/stepped-timing.ts';
import { roundsPassed } from '#test/fakes/clock.ts';
import { openAccess } from '#test/fakes/open-access.ts';
import { jsonLike } from '#test/fuzz/inputs.ts';
import { asyncTarget } from '#test/fuzz/target.ts';
import { fc } from '#test/properties.ts';
import { annMember, annUser, ids, openFuzzClient, voiceChannel } from './fuzz-client.ts';

const attachment = {
  id: '9',
  filename: 'a.ogg',
  size: 9,
  content_type: 'audio/ogg',
  duration_secs: 1.5,
  url: 'https://a.example/a.ogg',
  proxy_url: 'https://a.example/a.ogg',
};
const written = {
  id: ids.message,
  channel_id: ids.text,
  author: annUser,
  content: 'hi @everyone',
  type: 0,
  timestamp: '2026-11-20T10:00:00Z',
  attachments: [attachment],
  embeds: [],
  mentions: [],
};
const head = {
  id: '200000000000000001',
  application_id: ids.bot,
  token: 't',
  version: 1,
  guild_id: ids.guild,
  channel: { id: ids.text, type: 0 },
  member: annMember,
  locale: 'en-US',
  guild_locale: 'de',
  app_permissions: '8',
  entitlements: [],
  authorizing_integration_owners: { 0: ids.guild },
};
const options = [
  { name: 'channel', type: 7, value: ids.voice },
  { name: 'file', type: 11, value: '9' },
  { name: 'words', type: 3, value: 'hi', focused: true },
  { name: 'count', type: 4, value: 3 },
  { name: 'flag', type: 5, value: true },
];
const resolved = { attachments: { 9: attachment }, channels: { [ids.voice]: voiceChannel } };
const typed = { id: '7', name: 'all', type: 1, options, resolved };
const grouped = { id: '7', name: 'group', type: 1, options: [{ name: 'all', type: 1, options }] };
const menu = { id: '8', name: text('ask.about'), type: 3, target_id: ids.message };
const picked = { ...menu, resolved: { messages: { [ids.message]: written } } };
const rows = [{ type: 1, components: [{ type: 4, custom_id: 'a', value: 'b' }] }];
const labels = [{ type: 18, component: { type: 4, custom_id: 'words', value: 'b' } }];
const chosen = { custom_id: 'parley:pick:a', component_type: 3, values: ['one', 'two'] };
const pressed = { custom_id: 'parley:press:a:b', component_type: 2 };

/** One of each that Discord may send. */
const payloads: readonly object[] = [
  { ...head, type: 2, data: { ...typed, resolved } },
  { ...head, type: 2, data: grouped },
  { ...head, type: 2, data: picked },
  { ...head, type: 3, data: pressed, message: written },
  { ...head, type: 3, data: { ...pressed, custom_id: 'parley:closest' }, message: written },
  { ...head, type: 3, data: chosen, message: written },
  { ...head, type: 3, data: { ...chosen, component_type: 8, resolved }, message: written },
  { ...head, type: 4, data: typed },
  { ...head, type: 4, data: grouped },
  { ...head, type: 5, data: { custom_id: 'form', components: rows } },
  { ...head, type: 5, data: { custom_id: 'parley:form:a', components: rows } },
  { ...head, type: 5, data: { custom_id: 'parley:form', components: labels } },
  { ...head, type: 2, data: typed, guild_id: undefined, member: undefined, user: annUser },
  { ...head, type: 3, data: pressed, message: written, guild_id: '5' },
];

/** Fault of a call, by its type. */
function faultOf(call: CommandCall): string | undefined {
  const { callerName, callerChannel, channel, message, sound, words } = call;
  const texts = [call.guildId, call.callerId, callerName, ...Object.values(words)];
  texts.push(...(call.picked ?? []));
  const channels = [callerChannel, channel].flatMap((one) => (one ? [one] : []));
  texts.push(...channels.flatMap(({ channelId, guildId, name }) => [channelId, guildId, name]));
  const sounds = [...(message?.sounds ?? []), ...(sound ? [sound] : [])];
  texts.push(...sounds.flatMap(({ name, url }) => [name, url]));
  if (message) texts.push(message.author, message.text);
  const strange = texts.find((word) => typeof word !== 'string');
  if (strange !== undefined) return `A word is ${JSON.stringify(strange)}.`;
  if ((words.words?.length ?? 0) > 20) return 'A text is too long.';
  const size = sounds.find(({ sizeBytes }) => typeof sizeBytes !== 'number');
  return size && `A sound has ${JSON.stringify(size.sizeBytes)} bytes.`;
}

/** A reception with a command for each kind of option, which notes what is wrong with its calls. */
class GatewayHandlers {
  readonly timing = new SteppedTiming();
  readonly events: DiscordEvent[] = [];
  readonly faults: string[] = [];
  readonly reception: InteractionReceiver;

  constructor() {
    const run = async (call: CommandCall): Promise<Replies> => [this.#reply(call)];
    const suggest = async (word: string, call: CommandCall) => [this.#reply(call).id, `${word}`];
    const description = 'say.empty' as const;
    const all: Command = {
      name: 'all',
      description,
      shownTo: 'caller',
      run,
      options: [
        { name: 'channel', kind: 'voice-channel', description },
        { name: 'file', kind: 'sound', description },
        { name: 'flag', kind: 'truth', description },
        { name: 'words', kind: 'text', maxChars: 20, description, suggest },
        { name: 'count', kind: 'number', least: 0, most: 9, description },
      ],
    };
    const slashes: readonly CommandEntry[] = [
      all,
      { name: 'group', description, commands: [{ ...all, shownTo: 'room' }] },
      { label: 'ask.about', shownTo: 'caller', run },
    ];
    const button: Button = { name: 'press', label: 'button.confirm', style: 'main', run };
    this.reception = new InteractionReceiver({
      commands: slashes,
      forms: [{ name: 'form', inputs: ['a', 'b'], run }],
      pickers: [{ name: 'pick', inPlace: true, run }],
      buttons: new Map([['press', button]]),
      ports: { ...openAccess } as CommandPorts, // no command of these uses another
      messages: { offer: async () => undefined },
      commandsPerPerson: 0,
      panels: { dressed: () => ({ content: '', allowedMentions: { parse: [] } }), put() {} },
      timing: this.timing,
      report: (event) => this.events.push(event),
    });
  }

  #reply(call: CommandCall): Reply {
    const fault = faultOf(call);
    if (fault !== undefined) this.faults.push(fault);
    return { id: 'generic', with: { code: call.callerName }, to: 'caller' };
  }
}

/** Discord's reactions to an answer. */
const answers = fc.oneof(
  jsonLike({ resource: { message: written }, interaction: { id: '1' } }, written),
  fc.constant(new Error('reset')),
);
let answer: unknown;
let asked = 0;
const { client, send, reset, thrown } = openFuzzClient(async () => {
  asked++;
  if (answer instanceof Error) throw answer;
  return answer;
});

async function meet(payload: unknown, said: unknown): Promise<void> {
  reset();
  [answer, asked] = [said, 0];
  const handlers = new GatewayHandlers();
  let met: Interaction | undefined;
  const handle = (interaction: Interaction) => {
    met = interaction;
    handlers.reception.meet(interaction);
  };
  client.on(Events.InteractionCreate, handle);
  const strays: unknown[] = [];
  const stray = (error: unknown) => strays.push(error);
  process.on('unhandledRejection', stray);
  try {
    send('INTERACTION_CREATE', payload);
    await roundsPassed(1);
    handlers.timing.passMs(61_000);
    await roundsPassed(1);
  } finally {
    client.off(Events.InteractionCreate, handle);
    process.off('unhandledRejection', stray);
  }
  const [error] = [...thrown(), ...strays];
  if (error !== undefined) throw error;
  if (handlers.faults.length > 0) throw new Error(handlers.faults[0]);
  const isForUs =
    met?.isChatInputCommand() ||
    met?.isMessageContextMenuCommand() ||
    met?.isButton() ||
    met?.isAnySelectMenu() ||
    met?.isModalSubmit();
  if (isForUs && asked === 0 && handlers.events.length === 0)
    throw new Error('Nobody was answered.');
}

/** Whole interactions, through the objects of discord.js, to their answers. */
export const interactionTargets = [
  asyncTarget('interactions', fc.tuple(jsonLike(...payloads), answers), ([payload, said]) =>
    meet(payload, said),
  ),
];
