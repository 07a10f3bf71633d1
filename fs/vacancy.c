#include "fs/vacancy.h"

static const uint64_t fresh_ns = UINT64_C(1000000000) * VACANCY_SECONDS;

static bool is_fresh(const struct vacancy *vacancy, uint64_t now)
{
	return vacancy->since && now - vacancy->since < fresh_ns;
}

static bool is_of(const struct vacancy *vacancy, const struct node *account)
{
	return vacancy->since && node_equal(&vacancy->account, account);
}

void vacancies_put(struct vacancies *vacancies, const struct vacancy *vacancy)
{
	struct vacancy *place = &vacancies->list[0];

	/* One that is over, or none, is the oldest. */
	for (size_t i = 1; i < VACANCIES; i++) {
		if (vacancies->list[i].since < place->since)
			place = &vacancies->list[i];
	}
	*place = *vacancy;
	vacancies->changes++;
}

bool vacancies_hide(const struct vacancies *vacancies, const struct node *account, uid_t uid,
		    pid_t pid, uint64_t now)
{
	for (size_t i = 0; i < VACANCIES; i++) {
		const struct vacancy *vacancy = &vacancies->list[i];

		if (is_of(vacancy, account) && is_fresh(vacancy, now) && !vacancy->taken &&
		    vacancy->uid == uid && (!vacancy->pid || vacancy->pid == pid))
			return true;
	}
	return false;
}

void vacancies_take(struct vacancies *vacancies, const struct node *account, uid_t uid)
{
	for (size_t i = 0; i < VACANCIES; i++) {
		struct vacancy *vacancy = &vacancies->list[i];

		if (is_of(vacancy, account) && vacancy->uid == uid) {
			vacancy->taken = true;
			vacancies->changes++;
		}
	}
}

void vacancies_look(struct vacancies *vacancies, const struct node *account, pid_t pid)
{
	for (size_t i = 0; i < VACANCIES; i++) {
		struct vacancy *vacancy = &vacancies->list[i];

		if (is_of(vacancy, account) && vacancy->pid && vacancy->pid == pid) {
			*vacancy = (struct vacancy){0};
			vacancies->changes++;
		}
	}
}

const struct vacancy *vacancies_find(const struct vacancies *vacancies, const struct node *account,
				     uid_t uid, uint64_t now)
{
	for (size_t i = 0; i < VACANCIES; i++) {
		const struct vacancy *vacancy = &vacancies->list[i];

		if (is_of(vacancy, account) && is_fresh(vacancy, now) && vacancy->uid == uid &&
		    vacancy->provider[0])
			return vacancy;
	}
	return NULL;
}

void vacancies_drop(struct vacancies *vacancies, const struct node *account)
{
	for (size_t i = 0; i < VACANCIES; i++) {
		if (is_of(&vacancies->list[i], account)) {
			vacancies->list[i] = (struct vacancy){0};
			vacancies->changes++;
		}
	}
}
