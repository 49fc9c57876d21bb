/** Options that every command takes. */
const everywhere = 'config_env config_file beta_features debug profile region save_params';
/** What `sam local` commands share. */
const local = 'add_host container_dns container_env_vars container_host container_host_interface debug_args debug_port debugger_path'
  + ' docker_network docker_volume_basedir env_vars force_image_build hook_name invoke_image language_extensions layer_cache_basedir'
  + ' log_file no_memory_limit parameter_overrides shutdown skip_prepare_infra skip_pull_image template_file terraform_plan_file';

const commands: Readonly<Record<string, string>> = {
  build: 'terraform_project_root_path hook_name skip_prepare_infra use_container use_buildkit build_in_source language_extensions'
    + ' container_env_var container_env_var_file build_image exclude parallel mount_with mount_symlinks build_dir cache_dir base_dir'
    + ' manifest cached template_file parameter_overrides skip_pull_image docker_network output resource_logical_id',
  deploy: 'guided template_file no_execute_changeset fail_on_empty_changeset confirm_changeset disable_rollback on_failure max_wait_duration'
    + ' express stack_name s3_bucket image_repository image_repositories force_upload s3_prefix kms_key_id role_arn use_json resolve_s3'
    + ' resolve_image_repos metadata notification_arns tags parameter_overrides signing_profiles no_progressbar capabilities'
    + ' language_extensions output',
  sync: 'template_file code watch resource_id resource dependency_layer skip_deploy_sync express container_env_var_file watch_exclude'
    + ' stack_name base_dir use_container build_in_source build_image image_repository image_repositories s3_bucket s3_prefix kms_key_id'
    + ' role_arn parameter_overrides metadata notification_arns tags capabilities language_extensions',
  local_invoke: `${local} event no_event runtime tenant_id durable_execution_name mount_symlinks function_logical_id`,
  local_start_api: `${local} host port static_dir disable_authorizer ssl_cert_file ssl_key_file warm_containers debug_function no_watch`,
  local_start_lambda: `${local} function_logical_ids host port warm_containers debug_function no_watch`,
  package: 'template_file output_template_file s3_bucket image_repository image_repositories s3_prefix kms_key_id use_json force_upload'
    + ' resolve_s3 resolve_image_repos metadata signing_profiles no_progressbar language_extensions',
  validate: 'template_file lint language_extensions',
  logs: 'name stack_name filter tail include_traces cw_log_group output end_time start_time',
  remote_invoke: 'stack_name resource_id event event_file tenant_id durable_execution_name test_event_name output parameter',
  traces: 'trace_id tail output end_time start_time',
  delete: 'stack_name no_prompts s3_bucket s3_prefix express',
};

const known: ReadonlyMap<string, ReadonlySet<string>> = new Map(Object.entries(commands).map(([name, words]) => [name, new Set([...words.split(' '), ...everywhere.split(' '), 'template'])]));

/**
 * The options that samconfig may set for a command (`build`, `local_start_api`), with underscores, as aws-sam-cli 1.170.0 has them.
 * For `global` those of all commands together; undefined for a command that is not listed here.
 */
export function samOptions(command: string): ReadonlySet<string> | undefined {
  return command === 'global' ? new Set([...known.values()].flatMap((names) => [...names])) : known.get(command);
}

/** Commands that have subcommands or are not listed: their sections are left alone. */
const unlisted = /^(?:init|docs|publish|(?:list|pipeline|remote|local_generate_event)_\w+)$/u;

/** Whether sam ever reads a section of this name. */
export function isSamSection(name: string): boolean {
  return name === 'global' || known.has(name) || unlisted.test(name);
}

/** The sections that sam knows, for suggesting one. */
export const samSections: readonly string[] = ['global', ...known.keys()];

const switches: ReadonlySet<string> = new Set((
  'beta_features debug save_params build_in_source cached code confirm_changeset dependency_layer disable_authorizer disable_rollback express fail_on_empty_changeset'
  + ' force_image_build force_upload guided include_traces language_extensions lint mount_symlinks no_event no_execute_changeset no_memory_limit'
  + ' no_progressbar no_prompts no_watch parallel resolve_image_repos resolve_s3 shutdown skip_deploy_sync skip_prepare_infra skip_pull_image tail'
  + ' use_buildkit use_container use_json watch'
).split(' '));

/** Whether an option is true or false. */
export function isSwitch(option: string): boolean {
  return switches.has(option);
}
