import {
  forceCollide,
  forceLink,
  forceManyBody,
  forceSimulation,
  forceX,
  forceY,
  type Simulation,
  type SimulationNodeDatum,
} from "d3-force";
import type { DrawnNetwork } from "./network-edges.ts";

export interface PlacedNode extends SimulationNodeDatum {
  readonly index: number;
  readonly radius: number;
  x: number;
  y: number;
}

export interface NetworkLayout {
  readonly nodes: readonly PlacedNode[];
  /** Works for at most so long; true when the layout is settled. The same network settles to the same places. */
  work(forMs: number): boolean;
}

const SEED = 20_261_124;
const STEPS = 240;

/**
 * A force-directed layout around (0, 0). Deterministic: the start is a spiral in the order of the nodes, the random source
 * is seeded, and the number of steps is fixed; only how many steps one call of `work` takes depends on the clock.
 */
export function networkLayout(
  network: DrawnNetwork,
  radiusOf: (index: number) => number,
  clock: () => number,
): NetworkLayout {
  const place = new Map(network.nodes.map(({ name }, index) => [name, index]));
  const nodes: PlacedNode[] = network.nodes.map((_node, index) => {
    const distance = 12 * Math.sqrt(index + 0.5);
    const angle = index * Math.PI * (3 - Math.sqrt(5));
    return { index, radius: radiusOf(index), x: distance * Math.cos(angle), y: distance * Math.sin(angle) };
  });
  const links = network.edges
    .filter(({ source, target }) => source !== target)
    .map(({ source, target }) => ({ source: place.get(source)!, target: place.get(target)! }));
  const many = nodes.length;
  const simulation: Simulation<PlacedNode, undefined> = forceSimulation(nodes)
    .randomSource(seeded(SEED))
    .force(
      "link",
      forceLink<PlacedNode, { source: number; target: number }>(links)
        .distance((link) => {
          const [source, target] = [link.source, link.target] as unknown as [PlacedNode, PlacedNode];
          return 26 + source.radius + target.radius;
        })
        .iterations(many > 800 ? 1 : 2),
    )
    .force(
      "charge",
      forceManyBody<PlacedNode>()
        .strength(many > 400 ? -45 : -110)
        .distanceMax(500)
        .theta(1),
    )
    .force(
      "collide",
      forceCollide<PlacedNode>((node) => node.radius + 2),
    )
    // Parts without a link between them would drift away from each other for ever.
    .force("x", forceX<PlacedNode>(0).strength(0.045))
    .force("y", forceY<PlacedNode>(0).strength(0.075))
    .alphaDecay(1 - 0.001 ** (1 / STEPS))
    .stop();
  let step = 0;
  return {
    nodes,
    work(forMs) {
      const until = clock() + forMs;
      while (step < STEPS) {
        simulation.tick();
        step += 1;
        if (clock() >= until) break;
      }
      return step >= STEPS;
    },
  };
}

/** Numbers in [0, 1) that follow from the seed (a linear congruential generator, period 2^32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 4_294_967_296;
  };
}
