import { CLUSTER_CASES } from './preset-cases-cluster.ts';
import { PRODUCTION_CASES } from './preset-cases-production.ts';
import type { PresetCase } from './preset-deeds.ts';

/** What a preset of examples/policies asks for, and what it leaves alone, by its file. */
export const PRESET_CASES: Readonly<Record<string, PresetCase>> = { ...PRODUCTION_CASES, ...CLUSTER_CASES };
