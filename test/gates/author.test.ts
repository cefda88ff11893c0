import { type AdmittedContent, sealContent } from '#src/ports/authored-content.ts';
import type { AdmittedFile } from '#src/sources/recordings.ts';

declare const readAloud: (content: AdmittedContent) => void;
declare const fetchFile: (file: AdmittedFile) => void;

test('content and files of a message do not compile before their author was asked', () => {
  const file = { url: 'https://cdn.example.test/a.ogg', name: 'a.ogg' };
  const content = sealContent({ text: 'Dinner at eight?', recording: file });
  const leaks = [
    // @ts-expect-error: The author was not asked.
    () => readAloud(content),
    // @ts-expect-error: Nobody asked the sender of the file.
    () => fetchFile(file),
  ];
  expect(leaks).toHaveLength(2);
});
