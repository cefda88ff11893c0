import { admitSetting, type LoggedText, writeSentence } from '#src/base/logged-text.ts';
import type { LocalModelState } from '#src/chat/local/local-model-state.ts';
import type { Log } from '#src/ops/log.ts';
import type { Meters } from '#src/ops/metrics/meters.ts';
import type { TextLine } from '#src/texts/texts.ts';

const minuteMs = 60_000;

function getPercent(state: Extract<LocalModelState, { kind: 'fetching' }>) {
  return Math.floor((100 * state.doneBytes) / state.bytes);
}

/** Describes how far a chat model of this machine is, for the operator. */
export function describeLocalModel(state: LocalModelState): LoggedText {
  switch (state.kind) {
    case 'fetching': {
      const fetched = writeSentence`the chat model is being fetched: ${getPercent(state)} %`;
      if (state.leftMs === undefined) return fetched;
      return writeSentence`${fetched}, about ${Math.ceil(state.leftMs / minuteMs)} min left`;
    }
    case 'installing':
      return writeSentence`the library that runs the chat model is being installed`;
    case 'running':
      return writeSentence`the chat model of this machine answers`;
    case 'stopped':
      return writeSentence`the chat model of this machine was stopped`;
    case 'failed':
      return writeSentence`no chat model on this machine: ${admitSetting(state.why)} The next start tries again`;
  }
}

/** Logs how far a chat model of this machine is. */
export function logLocalModel(log: Log, state: LocalModelState): void {
  log[state.kind === 'failed' ? 'warn' : 'info'](
    { role: 'chat' },
    describeLocalModel(state),
  );
}

/** Lists the lines of `/stats` about a chat model of this machine. None without one. */
export function listLocalModelLines(
  state: LocalModelState | undefined,
): readonly TextLine[] {
  switch (state?.kind) {
    case undefined:
    case 'stopped':
      return [];
    case 'fetching': {
      const minutes =
        state.leftMs === undefined ? '?' : `${Math.ceil(state.leftMs / minuteMs)}`;
      return [
        { id: 'stats.model.fetching', with: { percent: getPercent(state), minutes } },
      ];
    }
    case 'installing':
      return [{ id: 'stats.model.installing' }];
    case 'failed':
      return [{ id: 'stats.model.failed', with: { why: state.why.slice(0, 300) } }];
    case 'running': {
      const { openRequests: n, residentBytes, tokensPerSecond } = state;
      const tokens = tokensPerSecond === undefined ? '?' : tokensPerSecond.toFixed(1);
      const megabytes = Math.round(residentBytes / 1e6);
      return [{ id: 'stats.model', with: { tokens, megabytes, n } }];
    }
  }
}

/** Adds the metrics of a chat model of this machine. Without one they have no value. */
export function measureLocalModel(
  meters: Meters,
  getState: () => LocalModelState | undefined,
): void {
  const read = (
    key: 'openRequests' | 'residentBytes' | 'tokensPerSecond',
  ): number | undefined => {
    const state = getState();
    return state?.kind === 'running' ? state[key] : undefined;
  };
  meters.addGauge(
    'local_chat_tokens_per_second',
    'Tokens a second of the latest answer of the chat model on this machine.',
    () => read('tokensPerSecond'),
  );
  meters.addGauge(
    'local_chat_resident_bytes',
    'Memory of the process of the chat model on this machine, after its latest answer.',
    () => read('residentBytes'),
  );
  meters.addGauge(
    'local_chat_open_requests',
    'Requests to the chat model on this machine that wait or run.',
    () => read('openRequests'),
  );
}
