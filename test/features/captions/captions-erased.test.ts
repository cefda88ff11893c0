import { listKept, openCaptioned } from '#test/conversation/setup/captioned-session.ts';
import { playScripts } from '#test/conversation/setup/play-script.ts';
import {
  makePerson,
  passTime,
  type SessionFixture,
} from '#test/conversation/setup/session-fixture.ts';

test('people who come in later find the notice again, below what was said', async () => {
  const fixture = await openCaptioned();
  const { chat } = fixture.captionChats;
  const countBefore = chat.texts.length;
  fixture.linkOpener.link.present.push(makePerson('Ben'));
  await passTime(fixture, 500);
  await passTime(fixture, 500);
  expect(chat.texts.slice(countBefore)).toEqual([chat.texts[0]]);
});

playScripts({
  'a no takes the lines of this session away, on disk and in the chat': `
    with off, eva always
    captions on > says captions.on
    4000 > captions: on placeId lounge isHere true saved true, played voice: completed
    adam says: five > heard Adam: five, ignored Adam: off
    eva says: six > heard Eva: six, ignored Eva: off
    adam denies > isSaved true
    1000
    captions > **Eva** six
    lines > person personId eva name Eva, six
    `,
  'a message of captions that somebody deletes takes its lines along': [
    { acts: { deleteFirst } },
    `
    with off, eva always
    captions on > says captions.on
    4000 > captions: on placeId lounge isHere true saved true, played voice: completed
    adam says: five > heard Adam: five, ignored Adam: off
    do deleteFirst
    500
    lines > none
    eva says: six > heard Eva: six, ignored Eva: off
    lines > person personId eva name Eva, six
    `,
  ],
});

async function deleteFirst(fixture: SessionFixture) {
  const [line] = await listKept(fixture);
  fixture.captionChats.deleteMessages(line?.post?.messageId ?? '');
}
