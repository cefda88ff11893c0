import { QuietReplies } from '#sandbox/page/quiet-replies.ts';
import { toMessageId } from '#src/base/ids.ts';

const file = { name: 'voice.wav', type: 'audio/wav', sizeBytes: 9, url: '/voice.wav' };
const reply = {
  ...{ id: toMessageId('7'), interactionId: '1', isPrivate: true },
  ...{ buttonCount: 0, files: [file] },
};

test('a reply to a quiet command is kept out of the conversation, as each edit of it is, and its files are known', () => {
  const replies = new QuietReplies();
  replies.expect('1');
  expect(replies.take(reply)).toBe(true);
  expect(replies.take({ ...reply, isPrivate: false })).toBe(true);
  expect(replies.listFiles(reply.id)).toEqual([file]);
});

test('other messages are for the conversation, as is a reply that asks everybody something', () => {
  const replies = new QuietReplies();
  replies.expect('1');
  expect(replies.take({ ...reply, interactionId: '2' })).toBe(false);
  expect(replies.take({ ...reply, interactionId: undefined })).toBe(false);
  expect(replies.take({ ...reply, isPrivate: false, buttonCount: 1 })).toBe(false);
});
