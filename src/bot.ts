import { join } from '#commands/join.ts';
import { leave } from '#commands/leave.ts';
import type { OpusCodec } from '#src/audio/opus.ts';
import { loadSilero, type SileroWeights } from '#src/audio/silero.ts';
import { VoiceActivity, windowSamples } from '#src/audio/voice-activity.ts';
import { realClock } from '#src/base/clock.ts';
import { type Discord, type DiscordHouse, openDiscord } from '#src/discord/client.ts';
import type { DiscordEvent } from '#src/discord/events.ts';
import { chained } from '#src/pipeline/chained.ts';
import type { SessionEvent } from '#src/session/events.ts';
import { VoiceRooms } from '#src/session/rooms.ts';
import { endpointRules } from '#src/turn/endpointing.ts';
import type { Config } from './config.ts';
import type { Engines } from './engines.ts';

export type BotOptions = {
  readonly config: Config;
  readonly discord: { readonly token: string; readonly apiUrl?: string; readonly guildId?: string };
  readonly engines: Pick<Engines, 'transcriber' | 'synthesizer' | 'chat' | 'chatName'>;
  readonly codec: OpusCodec;
  readonly onSession: (guildId: string, event: SessionEvent) => void;
  readonly onDiscord: (event: DiscordEvent) => void;
};

/** A bot that is logged in and can be called. Closing it leaves every channel first. */
export type Bot = Pick<Discord, 'inviteUrl' | 'ready'> & {
  readonly name: string;
} & AsyncDisposable;

const commands = [join, leave];

/** Puts the rooms together around one Discord login. Errors: as `openDiscord`. */
export async function startBot(options: BotOptions, signal: AbortSignal): Promise<Bot> {
  const { config, discord, onDiscord: onEvent } = options;
  const weights = await loadSilero();
  warmUp(weights);
  let rooms: VoiceRooms | undefined;
  let name = '';
  const open = await openDiscord(
    {
      ...discord,
      commands,
      onEvent,
      ports: (house) => {
        name = config.bot.name ?? house.bot.name;
        rooms = furnish(options, house, name, weights);
        return { rooms };
      },
    },
    signal,
  );
  return {
    name,
    inviteUrl: open.inviteUrl,
    ready: () => open.ready(),
    async [Symbol.asyncDispose]() {
      await rooms?.[Symbol.asyncDispose]();
      await open[Symbol.asyncDispose]();
    },
  };
}

/** Lets the compiler see the hot loop before somebody speaks: the first windows would take twenty times as long. */
function warmUp(weights: SileroWeights): void {
  const activity = new VoiceActivity(weights);
  const silence = new Float32Array(windowSamples);
  for (let window = 0; window < 50; window++) activity.probability(silence);
}

function furnish(
  { config, engines, codec, onSession }: BotOptions,
  { door, scribe }: DiscordHouse,
  name: string,
  weights: SileroWeights,
): VoiceRooms {
  const { transcriber, synthesizer, chatName } = engines;
  return new VoiceRooms({
    clock: realClock,
    door,
    scribe,
    codec,
    weights,
    transcriber,
    pipeline: chained({ chat: engines.chat(name), synthesizer }),
    synthesizer,
    style: { instructions: `${config.bot.instructions} Your name is ${name}.`, voice: {} },
    chatName,
    consentPolicy: config.consent.policy === 'notice' ? 'notice' : 'ask',
    endpointRules,
    onEvent: onSession,
  });
}
