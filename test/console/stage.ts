import type { Stage } from '#src/console/hear-out.ts';
import type { Ready, SandboxRequest } from '#src/console/sandbox-lines.ts';
import { Shelf } from '#src/console/shelf.ts';
import { Show } from '#src/console/show.ts';
import { Tap } from '#src/console/tap.ts';
import { Witness } from '#src/console/witness.ts';
import { VirtualClock } from '#test/fakes/clock.ts';

type Answer = Readonly<Record<string, unknown>>;

/** A stage whose sandbox only does as `answer` says, on virtual time. */
export function openStage(answer: (request: SandboxRequest) => Answer) {
  let text = '';
  const terminal = {
    write(part: string) {
      text += part;
    },
  };
  const clock = new VirtualClock();
  const witness = new Witness(clock);
  const sandbox = {
    ask: async (request: SandboxRequest) => answer(request),
    ready,
    gone: new AbortController().signal,
  };
  const stage: Stage = {
    ...{ sandbox, witness, show: new Show(terminal), botName: 'Nova', dataDir: 'none' },
    ...{ tap: new Tap(), shelf: new Shelf('none') },
  };
  /** What was printed since the last look. */
  const look = () => {
    const seen = text;
    text = '';
    return seen;
  };
  return { stage, clock, witness, look };
}

const ready: Ready = {
  ...{
    kind: 'ready',
    apiUrl: 'http://127.0.0.1:1',
    cdnHost: 'localhost:1',
    token: 't',
    guildId: 'g',
    botName: 'Nova',
  },
  ca: '-----BEGIN CERTIFICATE-----',
  recordings: { digits: 'digits.wav', time: 'time.wav' },
};
