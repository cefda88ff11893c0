import type { EngineChoice } from '#src/engines/engine.ts';
import { openEngine } from '#src/engines/engines.ts';
import { speakProbe } from '#src/probes/engine-probes.ts';
import {
  type Finding,
  isUsable,
  type SpokenClip,
  toDifferingFinding,
  toMissingFinding,
  toOkFinding,
  tryProbe,
} from '#src/probes/probe.ts';
import type { Deadlines } from '#src/provider/deadlines.ts';
import { isKnownVoice } from '#src/speech/speech-engine.ts';
import type { RoleTrial } from './role-trial.ts';

/** Simple words, long enough that the sound arrives in several pieces. */
export const testSentence: string =
  'One two three four five six seven eight nine ten. This is how the voice of a server sounds.';

/**
 * Has the test sentence spoken, as WAV and in the format of the settings, and compares the rates of both.
 *
 * Raw samples name no rate. A rate that was wrong is used for the clip, which other roles recognise.
 */
export async function probeSpeech(
  engine: EngineChoice,
  deadlines: Deadlines | undefined,
  trial: RoleTrial,
): Promise<readonly Finding[]> {
  if (engine.kind === 'local') return [];
  const { own: settings } = engine;
  const speak = createSpeaker(engine, deadlines, trial);
  // WAV names its sample rate. The first request loads the model, so only the
  // second is timed.
  const wavHabits: string[] = [];
  const wavFinding = await speak({ SPEECH_FORMAT: 'wav' }, ({ what: habit }) =>
    wavHabits.push(habit),
  );
  const isOtherFormat = wavHabits.some((habit) => habit.includes('response_format'));
  const wavClip = isOtherFormat ? undefined : wavFinding.clip;
  const wavHz = wavClip?.pcm.rateHz;
  const finding = await speak({});
  // The setting takes usual rates alone.
  const speakAtRate = () => speak({ SPEECH_RATE_HZ: `${wavHz}` }).catch(() => finding);
  if (wavClip && !isUsable(finding)) {
    const isRate = settings.SPEECH_FORMAT === 'pcm' && isUsable(await speakAtRate());
    return [toWavFinding(finding, wavClip, isRate)];
  }
  const rateHz = finding.clip?.pcm.rateHz;
  const rates = `wav ${wavHz ?? 'refused'}, ${settings.SPEECH_FORMAT} ${rateHz ?? 'refused'}`;
  const format = trial.deadline.isThorough
    ? [toOkFinding('sound format', `rates in Hz: ${rates}`)]
    : [];
  if (settings.SPEECH_FORMAT !== 'pcm' || !wavHz || !rateHz || wavHz === rateHz)
    return [finding, ...format];
  const corrected = await speakAtRate();
  const heard = isUsable(corrected) ? corrected : finding;
  return [heard, ...format, toRateFinding(rateHz, wavHz)];
}

type Speak = (
  changes: Readonly<Record<string, unknown>>,
  onHabit?: RoleTrial['report'],
) => Promise<Finding>;

/** Creates a function that has the test sentence spoken under changed settings of the engine. */
function createSpeaker(
  engine: Exclude<EngineChoice, { kind: 'local' }>,
  deadlines: Deadlines | undefined,
  { deadline, report, stack }: RoleTrial,
): Speak {
  return async (changes, onHabit = report) => {
    const choice = { ...engine, own: { ...engine.own, ...changes } };
    const options = { report: onHabit };
    const synthesizer = await openEngine('text to speech', choice, stack, options);
    const mend = findVoiceRemedy(engine.voice, await synthesizer.voices?.loadNames());
    const subject = { synthesizer, voice: {}, text: testSentence, deadlines };
    return await tryProbe({ ...speakProbe, mend }, subject, deadline);
  };
}

/** The words of the clip are recognised all the same. */
function toWavFinding(
  { reason, subject }: Finding,
  clip: SpokenClip,
  isRate: boolean,
): Finding {
  const mend = isRate ? formatRateRemedy(clip.pcm.rateHz) : 'set SPEECH_FORMAT=wav';
  return { ...toMissingFinding(subject, reason, mend), clip };
}

function formatRateRemedy(rateHz: number) {
  return `set SPEECH_RATE_HZ=${rateHz}, or SPEECH_FORMAT=wav`;
}

function toRateFinding(rateHz: number, wavHz: number) {
  return toDifferingFinding(
    'rate',
    `pcm is played at ${rateHz} Hz, but WAV of this server has ${wavHz} Hz`,
    formatRateRemedy(wavHz),
  );
}

function findVoiceRemedy(voice = '', names: readonly string[] = []) {
  if (voice === '' || isKnownVoice(voice, names)) return undefined;
  return `${voice} is none of its voices: set SPEECH_VOICE to ${names.slice(0, 2).join(' or ')}`;
}
