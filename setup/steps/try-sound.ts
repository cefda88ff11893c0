import { failedVisit, visitLines } from '#doctor/discord/channel-findings.ts';
import { runningBot } from '#doctor/discord/running-bot.ts';
import type { SpokenClip } from '#doctor/probes/round-trip.ts';
import { SetupEnd } from '#setup/questions.ts';
import type { SetupContext } from '#setup/setup-context.ts';
import type { Frame } from '#src/audio/frame.ts';
import { loadOpus } from '#src/audio/opus/load-opus.ts';
import { joinSamples, type Pcm } from '#src/audio/pcm.ts';
import { Resampler } from '#src/audio/resample.ts';
import { BotError } from '#src/base/errors.ts';
import { readConfig } from '#src/config/config.ts';
import type { GuildName } from '#src/discord/account/account.ts';
import { AccountRest } from '#src/discord/account/account-rest.ts';
import { visitChannel } from '#src/discord/account/channel-trial.ts';
import { readSeat, readVoicePlace } from '#src/discord/account/guild-rights.ts';
import { openEmbeddedSynthesizer } from '#src/speech/embedded/embedded-synthesizer.ts';
import { visibleLine } from '#src/texts/visible-line.ts';
import type { KnownBot } from './choose-token.ts';
import { sayFindings } from './say-findings.ts';

export type SoundTrial = {
  readonly bot: KnownBot;
  readonly server: GuildName | undefined;
  /** Speech of the server that was just tried. */
  readonly clip?: SpokenClip;
};
type Channel = { readonly guildId: string; readonly channelId: string; readonly name: string };

const checkMs = 1_000;
/** Most members of a team that are waited for: each is one request to Discord a second. */
const mostOwners = 10;
/** Shortest stay, in ms. */
const stayMs = 1_000;

/** Plays a tone and a sentence in the channel of the owner, and asks whether they were heard. False: they were not. */
export async function trySound(context: SetupContext, place: SoundTrial): Promise<boolean> {
  const { ask, clock, edits } = context;
  const busy = await botAtWork(context);
  if (busy !== undefined) {
    ask.say(`Not tried: ${busy}. Run /settings check in a voice channel to hear a tone.`);
    return true;
  }
  const { login, shards } = place.bot;
  const channel = await chosenChannel(context, place);
  if (!channel) return true;
  const sound = await framesOf(await speechFor(context, place));
  try {
    const options = { stayMs, sound, shards, clock };
    const trial = await ask.wait(`Playing a tone and a sentence in ${channel.name}`, (signal) =>
      visitChannel(login, channel, options, signal),
    );
    sayFindings(ask, visitLines(channel.name, trial));
    if (trial.sentFrames < sound.length) {
      ask.say(`The bot sent only ${trial.sentFrames} of ${sound.length} frames.`);
      return false;
    }
  } catch (error) {
    if (!(error instanceof BotError)) throw error;
    sayFindings(ask, [failedVisit(error)]);
    return false;
  }
  if (!ask.canAsk) {
    ask.say('The bot sent all its sound. There is no terminal to ask whether you heard it.');
    return true;
  }
  if (await ask.confirm('Did you hear a tone and a sentence?')) return true;
  ask.say(whatToTry(edits.value('BOT_NAME') || place.bot.name));
  return false;
}

function whatToTry(name: string): string {
  return [
    'The bot sent all its sound. Check these:',
    `- Right-click ${name} in the channel: raise its volume, and unmute it.`,
    '- Undeafen yourself, and choose the right device (User Settings, Voice & Video).',
    '- Ask another person in the channel. If they hear it, check your device.',
  ].join('\n');
}

/** A bot that runs with these settings has the one seat there is. */
async function botAtWork({ edits, clock }: SetupContext): Promise<string | undefined> {
  const read = readConfig(edits.environment());
  if (read.kind === 'bad')
    throw new SetupEnd(78, [...read.mistakes, 'Nothing was written.'].join('\n'));
  return await runningBot(read.config, clock);
}

/** The channel that a flag names, or the one in which the owner of the application sits. */
async function chosenChannel(
  { ask, flags, clock }: SetupContext,
  { bot, server }: SoundTrial,
): Promise<Channel | undefined> {
  using rest = new AccountRest(bot.login, clock);
  const named = (id: string) =>
    ask.wait('Looking for the channel', (signal) => readVoicePlace(rest, id, signal));
  const { channelId } = flags;
  if (channelId !== undefined) {
    const channel = await named(channelId);
    if (channel) return channel;
    throw new SetupEnd(
      78,
      'The bot cannot see the voice channel of --channel. Nothing was written.',
    );
  }
  if (!ask.canAsk || !server) return undefined;
  const { owners } = bot;
  if (owners.length === 0) {
    ask.say(
      'Not tried: Discord names no owner of the bot. Name a voice channel with --channel ID.',
    );
    return undefined;
  }
  const who = namesOf(owners);
  const hint = `${who}: join a voice channel of ${server.name}.`;
  if (!(await ask.confirm(`Hear the bot now? ${hint}`))) return undefined;
  const seat = await ask.wait(
    `Waiting until ${who} joins a voice channel of ${server.name}`,
    async (signal) => {
      for (;;) {
        for (const { id: userId } of owners.slice(0, mostOwners)) {
          const found = await readSeat(rest, { guildId: server.id, userId }, signal);
          if (found !== undefined) return found;
        }
        await clock.sleep(checkMs, signal);
      }
    },
  );
  return await named(seat);
}

/** Names of the people who may sit down, as in `Olga, Ben or Cleo`. */
function namesOf(owners: KnownBot['owners']): string {
  const names = owners.slice(0, mostOwners).map(({ id, name }) => visibleLine(name) || id);
  return new Intl.ListFormat('en', { type: 'disjunction' }).format(names);
}

/** Speech by the server that will speak, where it was tried just now; else by the voice that comes with the bot. */
async function speechFor({ ask, edits }: SetupContext, { bot, clip }: SoundTrial): Promise<Pcm> {
  if (clip) return clip.pcm;
  const name = edits.value('BOT_NAME').split(',')[0]?.trim() || bot.name;
  const text = `Hello, this is ${name}. If you hear me, everything on the way to you works.`;
  return await ask.wait('Preparing a sentence', async (signal) => {
    await using voice = await openEmbeddedSynthesizer();
    const pieces = await Array.fromAsync(voice.synthesize(text, {}, signal));
    return {
      samples: joinSamples(pieces.map(({ samples }) => samples)),
      rateHz: pieces[0]?.rateHz ?? 16_000,
      channels: 1,
    };
  });
}

/** Rate and length of a frame as the bot speaks. */
const [rateHz, frameSamples] = [24_000, 480] as const;
/** Tone: 440 Hz at a quarter of full scale, faded in and out. */
const [toneHz, toneMs, toneLevel, fadeMs] = [440, 700, 8_000, 20];
const pauseMs = 300;

/** A tone, a pause, and `speech`, as frames of Opus. Errors: BotError `audio.no_codec`. */
async function framesOf(speech: Pcm): Promise<readonly Frame[]> {
  const codec = await loadOpus();
  const encoder = codec.encoder(rateHz);
  try {
    const pause = new Int16Array(samplesIn(pauseMs));
    const sound = joinSamples([tone(), pause, atOwnRate(speech), pause]);
    const frames: Frame[] = [];
    for (let at = 0; at < sound.length; at += frameSamples) {
      const samples = new Int16Array(frameSamples);
      samples.set(sound.subarray(at, at + frameSamples));
      frames.push(Buffer.from(encoder.encode(samples)));
    }
    return frames;
  } finally {
    encoder.free();
  }
}

function tone(): Int16Array {
  const length = samplesIn(toneMs);
  const fade = samplesIn(fadeMs);
  return Int16Array.from({ length }, (_, n) => {
    const gain = Math.min(1, n / fade, (length - n) / fade);
    return Math.round(toneLevel * gain * Math.sin((2 * Math.PI * toneHz * n) / rateHz));
  });
}

function atOwnRate({ samples, rateHz: fromHz }: Pcm): Int16Array {
  const resampler = new Resampler(fromHz, rateHz);
  return joinSamples([resampler.push(samples), resampler.flush()]);
}

function samplesIn(ms: number): number {
  return (ms * rateHz) / 1000;
}
