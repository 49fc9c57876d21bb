/** One checkbox of the plan that shear carries out, with the rules that speak of it. */
export interface Checkbox {
  readonly id: string;
  readonly text: string;
  readonly rules: readonly string[];
}

const box = (id: string, text: string, rules: string): Checkbox => ({ id, text, rules: rules.split(' ') });

/** Every checkbox of the plan. Headings that have others below them are left out. */
export const checkboxes: readonly Checkbox[] = [
  box('1.1', 'multi-stage builds, a smaller final image', 'dockerfile/build-tools-left-in-image dockerfile/unpinned-os-packages dockerfile/duplicate-bytes dockerfile/unlocked-npm-install dockerfile/development-packages-in-image'),
  box('1.2a', 'a smaller ffmpeg build', 'ffmpeg/oversized-ffmpeg'),
  box('1.2b', 'a Lambda layer for ffmpeg', 'ffmpeg/unlayered-ffmpeg'),
  box('1.3', 'proper layer caching', 'dockerfile/code-before-dependencies'),
  box('1.4', 'a .dockerignore', 'dockerfile/unfiltered-build-context'),
  box('1.5', 'a version for the base image', 'dockerfile/unpinned-base-image'),
  box('2.1', 'all dependency versions pinned', 'dependencies/unpinned-requirements dependencies/unlocked-manifest dependencies/unlocked-node-packages dependencies/unresolvable-requirements dependencies/uninstalled-manifest dependencies/opaque-layer dependencies/undeclared-dependency dependencies/undeclared-node-package'),
  box('2.2', 'unnecessary dependencies removed', 'dependencies/unused-dependency dependencies/unused-manifest-dependency dependencies/unused-node-package dependencies/development-dependency dependencies/development-manifest-dependency dependencies/development-node-package dependencies/duplicated-runtime-package dependencies/duplicated-node-sdk dependencies/second-version-sdk dependencies/unread-package-files dockerfile/development-packages-in-image'),
  box('2.3', 'core dependencies, ffmpeg and code in layers of their own', 'dependencies/unsplit-layers dockerfile/code-before-dependencies'),
  box('2.4', 'Lambda layers for common dependencies', 'dependencies/repeated-dependencies'),
  box('3.1a', 'cached builds', 'samconfig/uncached-build'),
  box('3.1b', 'parallel builds', 'samconfig/serial-build'),
  box('3.1c', 'appropriate build parameters', 'samconfig/unfit-build-parameters'),
  box('3.1d', 'a section for sync, with watch = true', 'samconfig/unwatched-sync'),
  box('3.1e', 'the ECR repository reused', 'samconfig/unshared-image-repository'),
  box('3.1f', 'overrides for development', 'samconfig/missing-dev-overrides'),
  box('3.2', 'local development made quick', 'samconfig/cold-local-invoke'),
  box('3.3', 'build caching for faster rebuilds', 'samconfig/uncached-build samconfig/unshared-build-cache samconfig/unfit-build-parameters'),
  box('4.1', 'IAM policies reviewed', 'template/excess-permissions template/missing-permission'),
  box('4.2', 'proper resource naming', 'template/unscoped-name'),
  box('4.3', 'tags for cost', 'template/untagged-resource'),
  box('4.4', 'memory and timeouts', 'template/unfit-memory template/unfit-timeout'),
  box('4.5', 'provisioned concurrency considered', 'template/unfit-start-mode'),
  box('5.1', 'a strategy for local tests', 'workflow/untested-function'),
  box('5.2', 'configuration for development', 'workflow/missing-dev-configuration samconfig/missing-dev-overrides'),
  box('5.3', 'profiles for development and production', 'samconfig/single-profile'),
  box('5.4', 'scripts for common operations', 'workflow/missing-scripts'),
  box('5.5a', 'overrides for sync', 'samconfig/missing-dev-overrides'),
  box('5.5b', 'watch patterns', 'workflow/unfiltered-watch samconfig/unwatched-sync'),
  box('5.5c', 'logging and monitoring', 'template/unobserved-function workflow/missing-monitoring'),
  box('5.5d', 'the workflow documented', 'workflow/undocumented-workflow workflow/missing-quick-start'),
  box('5.5e', 'a quick start', 'workflow/missing-quick-start'),
];
