import type { Pcm } from '#src/audio/pcm.ts';
import { BotError } from '#src/base/errors.ts';
import { sendUntilAccepted } from '#src/provider/reducible-request.ts';
import type { SpeechVoice, Synthesizer } from '#src/speech/speech-engine.ts';
import { isKnownVoice, type VoiceNames } from '#src/speech/voice-names.ts';

/** The server does not have what was asked for. */
const voiceRejectionStatuses: ReadonlySet<number> = new Set([400, 404, 422]);

type VoicePart = 'model' | 'name';

/**
 * Speaks with the standard voice if the server no longer lists a voice, or rejects it while the standard one works,
 * and calls `onGone`. The usual model replaces a rejected one.
 */
export function withStandardVoice(
  engine: Synthesizer,
  voices: Pick<VoiceNames, 'getKnown'>,
): Synthesizer {
  const listNameParts = ({ name }: SpeechVoice) =>
    new Set<VoicePart>(
      name === undefined || !isKnownVoice(name, voices.getKnown()) ? [] : ['name'],
    );
  return {
    synthesize: (text, voice, signal) =>
      sendUntilAccepted<VoicePart, Pcm>(
        {
          wanted: voice.model === undefined ? listNameParts(voice) : new Set(['model', 'name']),
          send: (parts) => {
            const { model, name, ...own } = voice;
            const left = {
              ...(parts.has('model') && { model }),
              ...(parts.has('name') && { name }),
            };
            return engine.synthesize(text, { ...own, ...left }, signal);
          },
          reduce: (error, parts) => {
            if (parts.size === 0 || !isVoiceRejection(error)) throw error;
            return parts.has('model') ? listNameParts(voice) : [];
          },
          onAccepted: (parts) => {
            const { name, onGone } = voice;
            if (name === undefined || parts.has('name')) return;
            onGone?.(name, 'reader');
          },
        },
        signal,
      ),
  };
}

/**
 * A request may have been rejected for its voice. WebSockets have no status, and some servers send no answer for an
 * unknown voice.
 */
export function isVoiceRejection(error: unknown): boolean {
  if (!(error instanceof BotError)) return false;
  if (error.code === 'provider.empty') return true;
  const { status } = error.about;
  if (error.code !== 'provider.refused') return false;
  return status === undefined ? !error.retryable : voiceRejectionStatuses.has(status);
}
