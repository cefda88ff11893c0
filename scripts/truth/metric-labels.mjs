// Loaded into a bot by `--import …/metric-labels.mjs?FILE`: writes the labels of every metric that is registered to that file.
// A scrape alone does not show them where nothing was counted yet.
import { appendFileSync } from 'node:fs';
import Registry from 'prom-client/lib/registry.js';

const path = decodeURIComponent(new URL(import.meta.url).search.slice(1));
const { registerMetric } = Registry.prototype;

Registry.prototype.registerMetric = function (metric) {
  const { name, labelNames = [] } = metric;
  appendFileSync(path, `${JSON.stringify({ name, labels: labelNames })}\n`);
  return registerMetric.call(this, metric);
};
