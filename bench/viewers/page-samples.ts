import type { Profiler } from 'node:inspector';

/** Code that only the page runs: its own room, its server, and the streams and sockets of HTTP below it. */
const pageCode = /src\/(?:page|http)\/|\/hono\/|node-server|webstreams|node:_http_/;

/** Share of the samples of a profile, idle ones left out, that were taken below code of the page: 0 to 1. */
export function shareOfPage({ nodes, samples = [] }: Profiler.Profile): number {
  const parents = new Map(
    nodes.flatMap(({ id, children = [] }) => children.map((child) => [child, id] as const)),
  );
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const isOfPage = (id: number | undefined): boolean => {
    const node = id === undefined ? undefined : byId.get(id);
    return (
      node !== undefined && (pageCode.test(node.callFrame.url) || isOfPage(parents.get(node.id)))
    );
  };
  const active = samples.filter((id) => byId.get(id)?.callFrame.functionName !== '(idle)');
  return active.filter(isOfPage).length / Math.max(1, active.length);
}
