import { listenRateHz, measureRms, toDb } from '#src/audio/pcm.ts';
import {
  cellCount,
  contextSamples,
  type SileroNetwork,
  type StreamState,
  windowSamples,
} from './silero-network.ts';
import type { SpeakerSound } from './speaker-stream.ts';

/**
 * Voice activity detection by Silero VAD v5: the probability of speech for each 32 ms of one stream.
 *
 * The result equals that of onnxruntime within 1e-4 (`test/fixtures/silero-reference.json`). All streams share one
 * WebAssembly instance.
 *
 * @example
 * import { loadSilero, windowSamples } from '#src/audio/voice/silero-network.ts';
 * import { createVoiceActivityDetector } from '#src/audio/voice/voice-activity.ts';
 *
 * const detector = createVoiceActivityDetector(await loadSilero());
 * detector.measureProbability(new Float32Array(windowSamples)) < 0.1; // true
 */
export function createVoiceActivityDetector(network: SileroNetwork) {
  const state: StreamState = {
    context: new Float32Array(contextSamples),
    outputs: new Float32Array(cellCount),
    cells: new Float32Array(cellCount),
  };

  return {
    /** Returns the probability of a voice (0 to 1) in 512 samples, each -1 to 1. */
    measureProbability(window: Float32Array): number {
      if (window.length !== windowSamples)
        throw new Error(`A window holds ${windowSamples} samples.`);
      return network.runWindow(state, window);
    },

    reset() {
      state.context.fill(0);
      state.outputs.fill(0);
      state.cells.fill(0);
    },
  };
}

/** 32 ms that end at `atMs`. The level is in dB, 0 at full scale and -100 for silence. */
export type VoiceWindow = {
  readonly probability: number;
  readonly levelDb: number;
  readonly atMs: number;
  /** 512 samples at 16 kHz, each -1 to 1. */
  readonly samples: Float32Array;
};

/** After a longer gap the earlier sound is no context. */
const maxContextGapMs = 300;

export type VoiceWindowMeter = ReturnType<typeof createVoiceWindowMeter>;

/** Cuts one stream into windows and measures each. Less than one window is held back. */
export function createVoiceWindowMeter(network: SileroNetwork) {
  const activity = createVoiceActivityDetector(network);
  let openWindow = new Float32Array(windowSamples);
  let filled = 0;

  /** Adds samples, the last at `atMs`, and returns the windows that they complete. */
  function pushSamples(samples: Int16Array, atMs: number): readonly VoiceWindow[] {
    const windows: VoiceWindow[] = [];
    for (let n = 0; n < samples.length; n++) {
      openWindow[filled++] = (samples[n] ?? 0) / 32_768;
      if (filled < windowSamples) continue;
      const behindMs = ((samples.length - n - 1) * 1000) / listenRateHz;
      windows.push(endWindow(atMs - behindMs));
    }
    return windows;
  }

  function resetWindow() {
    activity.reset();
    filled = 0;
  }

  function endWindow(atMs: number) {
    const samples = openWindow;
    const levelDb = toDb(measureRms(samples, 1));
    const probability = activity.measureProbability(samples);
    openWindow = new Float32Array(windowSamples);
    filled = 0;
    return { probability, levelDb, atMs, samples };
  }

  return {
    measureSound(heard: SpeakerSound): readonly VoiceWindow[] {
      if (heard.kind === 'gap' && heard.lengthMs > maxContextGapMs) resetWindow();
      return pushSamples(heard.samples, heard.atMs);
    },

    push: pushSamples,

    reset: resetWindow,
  };
}
