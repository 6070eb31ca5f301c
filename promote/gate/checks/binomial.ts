/** P(at most `successes` of `trials` when each succeeds with `probability`), by the sum of logarithms. */
export function binomialAtMost(successes: number, trials: number, probability: number): number {
  if (successes >= trials || probability <= 0) return 1;
  if (probability >= 1) return 0;
  const [logYes, logNo] = [Math.log(probability), Math.log1p(-probability)];
  let logTerm = trials * logNo;
  let sum = Math.exp(logTerm);
  for (let count = 1; count <= successes; count += 1) {
    logTerm += Math.log((trials - count + 1) / count) + logYes - logNo;
    sum += Math.exp(logTerm);
  }
  return Math.min(1, sum);
}
