import { emptyRoom, stepRoom } from '#page/room/room-state.js';
import type { RoomEvent } from '#page/room/room-types.js';
import { formatTalk } from '#page/room/talk-file.js';

test('the talk as text has who said what, and marks what was cut off', () => {
  const events: RoomEvent[] = [
    { kind: 'said', who: 'Adam', text: 'Count to three' },
    {
      ...{
        kind: 'answered',
        answerId: 1,
        who: 'Adam',
        text: 'One two three',
        heardText: 'One two',
      },
      ...{ finish: 'cancelled', instants: { heardAtMs: 0, endedAtMs: 1 } },
    },
    { kind: 'ignored', who: 'Ben', why: 'not-named' },
  ];
  const state = events.reduce(stepRoom, emptyRoom);
  const formatCut = (transcript: string, unheard: string) =>
    `${transcript} [not heard: ${unheard}]`;
  expect(formatTalk(state, 'en', { cut: formatCut })).toBe(
    'Adam: Count to three\nParley: One two [not heard: three]\n',
  );
});
