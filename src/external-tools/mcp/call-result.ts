import type { CallToolResult } from '@modelcontextprotocol/client';
import type { ExternalResult } from '#src/external-tools/external-tool.ts';

/** Text and structured data of a result; pictures, sounds, links and files are named and left out. */
export function resultOf({ content, structuredContent, isError }: CallToolResult): ExternalResult {
  const texts = content.flatMap((one) => (one.type === 'text' ? [one.text] : []));
  const others = content.map(({ type }) => type).filter((type) => type !== 'text');
  return {
    text: texts.join('\n'),
    ...(structuredContent === undefined ? {} : { structured: JSON.stringify(structuredContent) }),
    leftOut: [...new Set(others)],
    isError: isError === true,
  };
}
