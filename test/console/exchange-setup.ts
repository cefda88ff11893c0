import { EventLog } from '#src/console/event-log.ts';
import { ConversationPrinter } from '#src/console/printer.ts';
import type { ConsoleRequest, SandboxReady } from '#src/console/sandbox-lines.ts';
import { VirtualClock } from '#test/fakes/clock.ts';

type Answer = Readonly<Record<string, unknown>>;

/** A stage whose sandbox only does as `answer` says, on virtual time. */
export function openSetup(answer: (request: ConsoleRequest) => Answer) {
  let text = '';
  const terminal = {
    write(part: string) {
      text += part;
    },
  };
  const clock = new VirtualClock();
  const events = new EventLog(clock);
  const sandbox = {
    ask: async (request: ConsoleRequest) => answer(request),
    ready,
    gone: new AbortController().signal,
  };
  const parts = {
    sandbox,
    events,
    show: new ConversationPrinter(terminal),
    botName: 'Nova',
    dataDir: 'none',
  };
  /** Text printed since the last call. */
  const screen = () => {
    const seen = text;
    text = '';
    return seen;
  };
  return { parts, clock, witness: events, screen };
}

const ready: SandboxReady = {
  kind: 'ready',
  apiUrl: 'http://127.0.0.1:1',
  cdnHost: 'localhost:1',
  token: 't',
  guildId: 'g',
  botName: 'Nova',
  ca: '-----BEGIN CERTIFICATE-----',
  recordings: { digits: 'digits.wav', time: 'time.wav' },
};
