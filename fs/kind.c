#include "fs/kind.h"

#include "fs/account.h"
#include "fs/audit_file.h"
#include "fs/data_connection.h"
#include "fs/ending.h"
#include "fs/history.h"
#include "fs/link.h"
#include "fs/organisation.h"
#include "fs/orgs.h"
#include "fs/personal.h"
#include "fs/project.h"
#include "fs/provider_file.h"
#include "fs/report.h"
#include "fs/role_file.h"
#include "fs/scratch_dir.h"
#include "fs/top.h"
#include "fs/use_dir.h"
#include "fs/use_file.h"
#include "fs/use_status.h"
#include "fs/credential.h"

/* Directories that everybody may pass have no bits for the group, so that the kernel does not ask
 * for a list on each walk. */
static const struct kind kinds[] =
	{
		[NODE_ROOT] =
			{
				.type = S_IFDIR,
				.owner_bits = 7,
				.other_bits = 5,
				.lookup = root_lookup,
				.list = root_list,
			},
		[NODE_DAEMON] =
			{
				.type = S_IFREG,
				.owner_bits = 4,
				.content = daemon_content,
				.live = true,
			},
		[NODE_PROVIDERS] =
			{
				.type = S_IFDIR,
				.owner_bits = 5,
				.other_bits = 5,
				.lookup = providers_lookup,
				.list = providers_list,
			},
		[NODE_CATALOGUE] =
			{
				.type = S_IFREG,
				.owner_bits = 4,
				.other_bits = 4,
				.content = catalogue_content,
			},
		[NODE_ORGS] =
			{
				.type = S_IFDIR,
				.owner_bits = 7,
				.other_bits = 5,
				.lookup = orgs_lookup,
				.list = orgs_list,
				.make_directory = orgs_make_directory,
				.remove = orgs_remove,
				.rename = orgs_rename,
			},
		[NODE_ORG] =
			{
				.type = S_IFDIR,
				.owner_bits = 7,
				.updated = org_dir_updated,
				.lookup = org_dir_lookup,
				.list = org_dir_list,
				.make_directory = org_dir_make_directory,
				.remove = org_dir_remove,
				.rename = org_dir_rename,
			},
		[NODE_PROJECTS] =
			{
				.type = S_IFDIR,
				.owner_bits = 7,
				.updated = org_dir_updated,
				.lookup = projects_lookup,
				.list = projects_list,
				.make_directory = projects_make_directory,
				.remove = projects_remove,
				.rename = projects_rename,
			},
		[NODE_PROJECT] =
			{
				.type = S_IFDIR,
				.owner_bits = 7,
				.updated = project_updated,
				.lookup = project_lookup,
				.list = project_list,
				.make_directory = project_make_directory,
				.make_link = project_make_link,
				.remove = project_remove,
				.rename = project_rename,
			},
		[NODE_LINK] =
			{
				.type = S_IFLNK,
				.owner_bits = 7,
				.other_bits = 7,
				.updated = project_updated,
				.content = link_content,
				.size = link_size,
				.live = true,
			},
		[NODE_PENDING] =
			{
				.type = S_IFLNK,
				.owner_bits = 7,
				.other_bits = 7,
				.content = link_content,
				.size = link_size,
				.live = true,
			},
		[NODE_ROLES] =
			{
				.type = S_IFDIR,
				.owner_bits = 7,
				.updated = org_dir_updated,
				.lookup = roles_lookup,
				.list = roles_list,
				.make_file = roles_make_file,
				.make_link = scratch_dir_make_link,
				.remove = roles_remove,
				.rename = roles_rename,
			},
		[NODE_ROLE] =
			{
				.type = S_IFREG,
				.owner_bits = 6,
				.updated = role_updated,
				.content = role_content,
				.judge = role_judge,
				.commit = role_commit,
				.abandoned = role_abandoned,
			},
		[NODE_AUDIT] =
			{
				.type = S_IFREG,
				.owner_bits = 4,
				.updated = audit_file_updated,
				.size = audit_file_size,
				.read = audit_file_read,
				.live = true,
			},
		[NODE_ACCOUNT] =
			{
				.type = S_IFDIR,
				.owner_bits = 7,
				.updated = account_updated,
				.lookup = account_lookup,
				.list = account_list,
				.make_file = account_make_file,
				.make_link = scratch_dir_make_link,
				.remove = account_remove_file,
				.rename = account_rename_file,
			},
		[NODE_PROVIDER] =
			{
				.type = S_IFREG,
				.owner_bits = 6,
				.updated = project_updated,
				.content = provider_file_content,
				.judge = provider_file_judge,
				.commit = provider_file_commit,
				.abandoned = provider_file_abandoned,
			},
		[NODE_INFO] =
			{
				.type = S_IFREG,
				.owner_bits = 4,
				.updated = account_updated,
				.content = report_info,
			},
		[NODE_STATUS] =
			{
				.type = S_IFREG,
				.owner_bits = 4,
				.updated = account_updated,
				.content = report_status,
			},
		[NODE_HISTORY] =
			{
				.type = S_IFDIR,
				.owner_bits = 5,
				.updated = account_updated,
				.lookup = history_lookup,
				.list = history_list,
			},
		[NODE_FIELD] =
			{
				.type = S_IFREG,
				.owner_bits = 6,
				.updated = credential_updated,
				.content = credential_content,
				.size = credential_size,
				.judge = credential_judge,
				.commit = credential_commit,
				.stage = credential_stage,
				.settle = credential_settle,
				.appendable = credential_appendable,
				.audited = true,
				.abandoned = credential_abandoned,
			},
		[NODE_HISTORY_FIELD] =
			{
				.type = S_IFDIR,
				.owner_bits = 5,
				.updated = credential_updated,
				.lookup = history_field_lookup,
				.list = history_list,
			},
		[NODE_HISTORY_VALUE] =
			{
				.type = S_IFREG,
				.owner_bits = 4,
				.updated = history_updated,
				.content = history_content,
				.audited = true,
			},
		[NODE_CONNECTIONS] =
			{
				.type = S_IFDIR,
				.owner_bits = 7,
				.updated = org_dir_updated,
				.lookup = connections_lookup,
				.list = connections_list,
				.make_directory = connections_make_directory,
				.remove = connections_remove,
				.rename = connections_rename,
			},
		[NODE_CONNECTION] =
			{
				.type = S_IFDIR,
				.owner_bits = 7,
				.updated = account_updated,
				.lookup = data_connection_lookup,
				.list = data_connection_list,
				.make_file = account_make_file,
				.make_link = data_connection_make_link,
				.remove = data_connection_remove,
				.rename = data_connection_rename,
			},
		[NODE_ASSOCIATION] =
			{
				.type = S_IFLNK,
				.owner_bits = 7,
				.other_bits = 7,
				.updated = project_updated,
				.content = link_content,
				.size = link_size,
				.live = true,
			},
		[NODE_USERS] =
			{
				.type = S_IFDIR,
				.owner_bits = 7,
				.updated = org_dir_updated,
				.lookup = users_lookup,
				.list = users_list,
				.make_directory = users_make_directory,
				.remove = users_remove,
			},
		[NODE_USER] =
			{
				.type = S_IFDIR,
				.owner_bits = 7,
				.updated = project_updated,
				.lookup = user_lookup,
				.list = user_list,
				.make_directory = user_make_directory,
				.remove = user_remove,
				.rename = user_rename,
			},
		[NODE_SCRATCH] =
			{
				.type = S_IFREG,
				.owner_bits = 6,
				.live = true,
				.stat = scratch_stat,
				.content = scratch_content,
			},
		[NODE_SCRATCH_LINK] =
			{
				.type = S_IFLNK,
				.owner_bits = 7,
				.live = true,
				.stat = scratch_stat,
				.content = scratch_content,
			},
		[NODE_ENDING] =
			{
				.type = S_IFREG,
				.owner_bits = 6,
				.updated = org_dir_updated,
				.content = ending_content,
				.judge = ending_judge,
				.commit = ending_commit,
			},
		[NODE_USE] =
			{
				.type = S_IFDIR,
				.owner_bits = 5,
				.other_bits = 5,
				.lookup = use_lookup,
				.list = use_list,
			},
		[NODE_USE_ORG] =
			{
				.type = S_IFDIR,
				.owner_bits = 5,
				.moves = true,
				.updated = org_dir_updated,
				.lookup = use_org_lookup,
				.list = use_org_list,
			},
		[NODE_USE_PROJECT] =
			{
				.type = S_IFDIR,
				.owner_bits = 5,
				.moves = true,
				.updated = use_env_updated,
				.lookup = use_project_lookup,
				.list = use_project_list,
			},
		[NODE_USE_ENV] =
			{
				.type = S_IFREG,
				.owner_bits = 4,
				.owned = true,
				.updated = use_env_updated,
				.content = use_env_content,
				.fields = use_env_fields,
				.audited = true,
			},
		[NODE_USE_JSON] =
			{
				.type = S_IFREG,
				.owner_bits = 4,
				.owned = true,
				.updated = use_env_updated,
				.content = use_env_content,
				.fields = use_env_fields,
				.audited = true,
			},
		[NODE_USE_STATUS] =
			{
				.type = S_IFREG,
				.owner_bits = 4,
				.updated = use_env_updated,
				.content = use_status_content,
			},
		[NODE_USE_ACCOUNT] =
			{
				.type = S_IFDIR,
				.owner_bits = 5,
				.moves = true,
				.updated = use_account_updated,
				.lookup = use_account_lookup,
				.list = use_account_list,
			},
		[NODE_USE_PROVIDER] =
			{
				.type = S_IFREG,
				.owner_bits = 4,
				.owned = true,
				.updated = use_account_updated,
				.content = use_provider_content,
			},
		[NODE_USE_MADE] =
			{
				.type = S_IFDIR,
				.owner_bits = 5,
				.moves = true,
				.updated = use_account_updated,
				.lookup = use_made_lookup,
				.list = use_made_list,
			},
		[NODE_USE_FILE] =
			{
				.type = S_IFREG,
				.owner_bits = 4,
				.owned = true,
				.updated = use_file_updated,
				.content = use_file_content,
				.size = use_file_size,
				.fields = use_file_fields,
				.audited = true,
			},
};
_Static_assert(sizeof kinds / sizeof kinds[0] == NODE_KINDS, "every kind has its row");

const struct kind *kind_of(const struct node *node)
{
	return &kinds[node->kind];
}

bool kind_is_directory(const struct node *node)
{
	return kinds[node->kind].type == S_IFDIR;
}
