import type { QuietReply } from '#page/room/quiet-commands.js';
import { TrackActs } from '#page/room/track-acts.js';

type SentCommand = {
  readonly options: object;
  readonly replyWith: (change?: object) => void;
};

function openActs() {
  const sent: SentCommand[] = [];
  const wanted: object[] = [];
  const told: unknown[] = [];
  const sendQuietly = (_name: string, options: object) =>
    new Promise<QuietReply>((resolve) => {
      const done = { ok: true, isPrivate: false, text: 'done', files: [] };
      sent.push({ options, replyWith: (change) => resolve({ ...done, ...change }) });
    });
  const acts = new TrackActs(
    sendQuietly,
    (volumes) => wanted.push(volumes),
    (refusal) => told.push(refusal),
  );
  return { acts, sent, wanted, told };
}

test('a fader that moves has one command on its way, and its last place wins', async () => {
  const { acts, sent, wanted } = openActs();
  const moved = acts.setVolume('main', 90);
  for (const percent of [80, 70, 60]) void acts.setVolume('main', percent);
  expect(sent.map(({ options }) => options)).toEqual([{ level: 90, track: 'main' }]);
  sent[0]?.replyWith();
  await vi.waitFor(() => expect(sent).toHaveLength(2));
  expect(sent[1]?.options).toEqual({ level: 60, track: 'main' });
  expect(wanted.at(-1)).toEqual({ main: 60 });
  sent[1]?.replyWith();
  await moved;
  expect(sent).toHaveLength(2);
  expect(wanted.at(-1)).toEqual({});
});

test('a refusal is told, and the fader goes back', async () => {
  const { acts, sent, told, wanted } = openActs();
  const moved = acts.setVolume('main', 0);
  void acts.setVolume('main', 10);
  sent[0]?.replyWith({ isPrivate: true, text: 'That sound is of Ben.' });
  await moved;
  expect(told).toEqual([{ track: 'main', text: 'That sound is of Ben.' }]);
  expect(sent).toHaveLength(1);
  expect(wanted.at(-1)).toEqual({});
});
