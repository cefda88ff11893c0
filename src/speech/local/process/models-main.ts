/** Program of the model process for ears, voice and turns. */

import { serveJobs } from './serve-jobs.ts';
import { loadRuntime } from './sessions.ts';

serveJobs({
  'end-of-turn': {
    content: 'model of turns, an .onnx and its head.json',
    endings: ['.onnx', 'head.json'],
    loadRuntime,
    open: async (folder: string) =>
      (await import('./smart-turn.ts')).openSmartTurn(folder),
  },
  speak: {
    content: 'Piper voice, an .onnx and its .onnx.json',
    endings: ['.onnx', '.onnx.json'],
    loadRuntime,
    open: async (folder: string) => (await import('./piper.ts')).openPiper(folder),
  },
  transcribe: {
    content: 'Whisper model: encoder.onnx, decoder.onnx and tokens.txt',
    endings: ['encoder.onnx', 'decoder.onnx', 'tokens.txt'],
    loadRuntime,
    open: async (folder: string) => (await import('./whisper.ts')).openWhisper(folder),
  },
});
