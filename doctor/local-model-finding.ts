import { totalmem } from 'node:os';
import { basename } from 'node:path';
import { formatSize } from '#src/base/disk.ts';
import type { LocalModelState } from '#src/chat/local/local-model-state.ts';
import { findModelPlace, getMemoryBound } from '#src/engines/chat-model-file.ts';
import type { EngineChoice } from '#src/engines/engine.ts';
import { type Finding, toDifferingFinding, toOkFinding } from '#src/probes/probe.ts';

/** Describes a chat model of this machine once it has answered: its file, memory, speed, and what computes. */
export function describeLocalChat(
  engine: EngineChoice,
  state: LocalModelState | undefined,
): readonly Finding[] {
  if (state?.kind !== 'running' || engine.kind !== 'outside') return [];
  const { dataDir = './data', own } = engine;
  const place = findModelPlace(`${own.CHAT_MODEL_FILE}`, dataDir);
  const boundBytes = getMemoryBound(place);
  const { gpu, residentBytes, tokensPerSecond } = state;
  const speed =
    tokensPerSecond === undefined
      ? ''
      : `, ${tokensPerSecond.toFixed(1)} tokens a second`;
  const computer = gpu
    ? `the graphics card computes (${gpu})`
    : 'no graphics card was found that it can use, so the processor computes';
  const found = `${basename(place.file)} has ${formatSize(residentBytes)} of at most ${formatSize(boundBytes)} of memory${speed}; ${computer}`;
  if (boundBytes <= totalmem()) return [toOkFinding('local model', found)];
  return [
    toDifferingFinding(
      'local model',
      `${found}; this machine has ${formatSize(totalmem())} in all`,
      'choose a smaller model of docs/providers.md',
    ),
  ];
}
