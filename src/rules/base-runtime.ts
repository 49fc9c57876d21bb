import type { ImageBuild, StageSteps } from './image-build.ts';

/** The outermost stage that a Dockerfile's last stage goes back to. */
export function rootStage(build: ImageBuild): StageSteps | undefined {
  let at = build.final && build.stages[build.final.index];
  while (at?.isOwnBase === true) {
    const { base, stage } = at;
    at = build.stages.find((other) => other.stage.index < stage.index && other.stage.name === base.toLowerCase());
  }
  return at;
}

/**
 * The managed runtime that AWS's base image stands for: `public.ecr.aws/lambda/python:3.8` → `python3.8`. Undefined for every other
 * image and for tags without a version. Source: the galleries of public.ecr.aws/lambda and Docker Hub's amazon/aws-lambda-….
 */
export function runtimeOfBase(reference: string): string | undefined {
  const { language, tag } = /^(?:public\.ecr\.aws\/lambda\/|(?:docker\.io\/)?amazon\/aws-lambda-)(?<language>[a-z]+):(?<tag>[^@]+)/u.exec(reference)?.groups ?? {};
  if (language === undefined || tag === undefined) return undefined;
  const [version] = /^\d+(?:\.\d+)?/u.exec(tag) ?? [];
  if (language === 'provided') return /^al\d+/u.exec(tag) ? `provided.${/^al\d+/u.exec(tag)?.[0] ?? ''}` : undefined;
  if (version === undefined) return undefined;
  const whole = version.split('.')[0] ?? '';
  switch (language) {
    case 'python':
    case 'ruby':
      return version.includes('.') ? `${language}${version}` : undefined;
    case 'nodejs':
      return `nodejs${whole}.x`;
    case 'java':
      return `java${whole}${whole === '8' && tag.startsWith('8.al2') ? '.al2' : ''}`;
    case 'dotnet':
      return `dotnet${whole}`;
    default:
      return undefined;
  }
}
