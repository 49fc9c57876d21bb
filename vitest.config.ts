import { defineConfig, type ViteUserConfig } from 'vitest/config';

// Nothing is timed: the limit only ends what hangs, also on a busy machine.
const config: ViteUserConfig = defineConfig({ test: { testTimeout: 60_000, hookTimeout: 60_000 } });
export default config;
