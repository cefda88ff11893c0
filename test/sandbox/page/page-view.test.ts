import { expect, test } from 'vitest';
import { botEvent } from '#sandbox/page/browser-protocol.ts';
import { PageView } from '#src/app/sandbox/page-view.ts';
import type { SessionEvent } from '#src/conversation/ports/session-events.ts';

const adam = { speakerId: '1', name: 'Adam' } as const;

test('what becomes of what somebody said is told in the words of the page, and the engines from before', () => {
  const reported: object[] = [];
  const view = new PageView('Nova');
  view.engine({ kind: 'ready', role: 'chat', what: 'stand-in', tookMs: 1 });
  view.connect((event) => reported.push(event));
  const instants = { heardAtMs: 1, endedAtMs: 2, firstSentAtMs: 3 };
  const answer = { text: 'Hi there', heardText: 'Hi', finish: 'cancelled', vainShare: 0 } as const;
  const events: SessionEvent[] = [
    { kind: 'words', name: 'Adam', text: 'Hel', isWhole: false },
    { kind: 'recognised', ...adam, text: 'Hello' },
    { kind: 'words', text: 'Hi', isWhole: false },
    { kind: 'words', text: 'Hi', isWhole: false },
    { kind: 'answered', ...adam, ...answer, instants },
    { kind: 'ignored', ...adam, why: 'interjection' },
    { kind: 'ignored', ...adam, why: 'bot' },
    { kind: 'dropped', ...adam, why: 'crowded' },
    { kind: 'words', text: 'Read aloud', isWhole: true },
    { kind: 'recogniser-full' },
  ];
  for (const event of events) view.session(event);
  expect(reported).toEqual([
    { kind: 'engines', lines: ['chat: stand-in'] },
    { kind: 'live', who: 'Adam', text: 'Hel' },
    { kind: 'said', who: 'Adam', text: 'Hello' },
    { kind: 'live', who: 'Nova', text: 'Hi' },
    {
      kind: 'answered',
      who: 'Adam',
      text: 'Hi there',
      heardText: 'Hi',
      finish: 'cancelled',
      instants,
    },
    { kind: 'ignored', who: 'Adam', why: expect.stringMatching(/^Nova did not answer: .*\.$/) },
    { kind: 'dropped', who: 'Adam', why: 'too many were waiting' },
    { kind: 'said', who: 'Nova', text: 'Read aloud' },
  ]);
  expect(reported.map((event) => botEvent.parse(event))).toEqual(reported);
});
