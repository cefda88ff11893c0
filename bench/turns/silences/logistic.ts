/** Weights of a logistic regression over standardised features; the first feature should be 1. */
export type LogisticModel = {
  readonly means: readonly number[];
  readonly deviations: readonly number[];
  readonly weights: readonly number[];
};

/** One observation: what was seen, whether it was so, and how much it counts. */
export type WeightedSample = {
  readonly features: readonly number[];
  readonly label: boolean;
  readonly weight: number;
};

const rounds = 12;
const digits = 5;

/** Logit of the model for these features. */
export function logitOf(model: LogisticModel, features: readonly number[]): number {
  return model.weights.reduce(
    (sum, weight, n) => sum + weight * standardised(model, features[n] ?? 0, n),
    0,
  );
}

/** Fits by Newton's method with a penalty `ridge` on the squares of all weights but the first; the same samples give the same model. */
export function fitLogistic(samples: readonly WeightedSample[], ridge: number): LogisticModel {
  const width = samples[0]?.features.length ?? 0;
  const all = Array.from({ length: width }, (_, n) => n);
  const mean = (n: number) => sumOf(samples, ({ features }) => features[n] ?? 0) / samples.length;
  const means = all.map((n) => (n === 0 ? 0 : round(mean(n))));
  const deviations = all.map((n) => {
    const square = sumOf(samples, ({ features }) => ((features[n] ?? 0) - (means[n] ?? 0)) ** 2);
    return n === 0 ? 1 : round(Math.sqrt(square / samples.length) || 1);
  });
  let weights = all.map(() => 0);
  for (let n = 0; n < rounds; n++) {
    const step = newtonStep({ means, deviations, weights }, samples, ridge);
    weights = weights.map((weight, k) => weight + (step[k] ?? 0));
  }
  return { means, deviations, weights: weights.map(round) };
}

function newtonStep(
  model: LogisticModel,
  samples: readonly WeightedSample[],
  ridge: number,
): number[] {
  const width = model.weights.length;
  const gradient = model.weights.map((weight, n) => (n === 0 ? 0 : -ridge * weight));
  const curvature = gradient.map((_, n) =>
    Float64Array.from({ length: width }, (_, k) => (n === k ? (n === 0 ? 1e-9 : ridge) : 0)),
  );
  for (const { features, label, weight } of samples) {
    const values = features.map((value, n) => standardised(model, value, n));
    const logit = values.reduce((sum, value, n) => sum + value * (model.weights[n] ?? 0), 0);
    const likely = 1 / (1 + Math.exp(-logit));
    const error = weight * ((label ? 1 : 0) - likely);
    const bend = weight * likely * (1 - likely);
    for (const [n, row] of curvature.entries()) {
      const value = values[n] ?? 0;
      gradient[n] = (gradient[n] ?? 0) + error * value;
      for (let k = 0; k < width; k++) row[k] = (row[k] ?? 0) + bend * value * (values[k] ?? 0);
    }
  }
  return solved(curvature, gradient);
}

/** Gaussian elimination; the matrix is positive definite. */
function solved(matrix: readonly Float64Array[], right: readonly number[]): number[] {
  const rows = matrix.map((row, n) => Float64Array.from([...row, right[n] ?? 0]));
  for (const [n, row] of rows.entries()) {
    for (const other of rows.slice(n + 1)) subtract(other, row, n);
  }
  const solution = right.map(() => 0);
  for (const [n, row] of [...rows.entries()].reverse()) {
    const known = sumOf([...solution.entries()], ([k, value]) => value * (row[k] ?? 0));
    solution[n] = ((row.at(-1) ?? 0) - known) / (row[n] ?? 1);
  }
  return solution;
}

/** Takes so much of `row` off the other that its column `n` is 0. */
function subtract(other: Float64Array, row: Float64Array, n: number): void {
  const factor = (other[n] ?? 0) / (row[n] ?? 1);
  for (let k = n; k < other.length; k++) other[k] = (other[k] ?? 0) - factor * (row[k] ?? 0);
}

function standardised({ means, deviations }: LogisticModel, value: number, n: number): number {
  return (value - (means[n] ?? 0)) / (deviations[n] ?? 1);
}

function sumOf<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((sum, value) => sum + of(value), 0);
}

function round(value: number): number {
  return Number(value.toFixed(digits));
}
