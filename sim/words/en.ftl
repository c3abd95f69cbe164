# Words of the model, in English, as messages, attributes and terms of Project Fluent.
#
# Each indicator of `sim/observation/definitions.py` has a message with its name:
#   its value is the label (the heading of a row of a table), without the unit;
#   .short        the label where there is little room, as above a panel of a figure
#   .explanation  what the indicator is, in one sentence
#   .counted, .over, .window  how it is counted: the table in docs/odd.md
# Several values of one indicator are distinguished by $detail: lower case, "_" between words.

# --- Parts of how something is counted ---

-in-the-window = event in the window
-every-day = every day of the window
-last-year = the 365 days before the end of the window
-had-time-to-end = onset at least 60 days before the end, ended before it
-person-years = person-years present
-person-days = person-days present

# --- Headings of blocks of printed tables ---

block_emergencies = Emergencies (read together)
block_unmet_need = Unmet need
block_other_needs = Needs besides treatment
block_consequences = Consequences
block_insurance_and_cost = Insurance and cost
block_own = Of submodels of your own

# --- Emergencies ---

emergency_uptake_24h = emergency care within 24 h
    .short = { emergency_uptake_24h }
    .explanation = episodes that became severe and had emergency care within a day
    .counted = of these, emergency care at most 1 day after the first severe day
    .over = episodes that became severe for the first time (deaths before care count as failures)
    .window = first severe day at least 2 days before the end

emergency_any_care_24h = any competent care of an emergency within 24 h
    .short = any care of emergencies within 24 h
    .explanation = episodes that became severe and had emergency care, or treatment by any provider, within a day
    .counted = of these, emergency care or treatment at most 1 day after the first severe day, or under treatment on it
    .over = episodes that became severe for the first time (deaths before care count as failures)
    .window = first severe day at least 2 days before the end

emergency_uptake_ever = emergency care at any time
    .short = { emergency_uptake_ever }
    .explanation = episodes that became severe and had emergency care at any time
    .counted = of these, emergency care on any later day of the window
    .over = episodes that became severe for the first time
    .window = first severe day at least 30 days before the end

emergency_need = emergencies
    .short = { emergency_need }
    .explanation = episodes that became severe
    .counted = episodes that became severe
    .over = { -person-years }
    .window = { -in-the-window }

emergency_contacts = ambulance runs and hospital walk-ins
    .short = { emergency_contacts }
    .explanation = ambulance runs and hospital walk-ins
    .counted = ambulance runs and hospital walk-ins
    .over = { -person-years }
    .window = { -in-the-window }

low_acuity_share = emergency contacts with a mild need
    .short = mild needs among emergency contacts
    .explanation = emergency contacts with a mild need
    .counted = of these, mild on the day
    .over = emergency contacts
    .window = { -in-the-window }

avoidable_emergencies = emergencies after three days of untreated illness
    .short = avoidable emergencies
    .explanation = emergencies after three days perceived as moderate and untreated
    .counted = of these, moderate, perceived and untreated for 3 days before
    .over = episodes that became severe
    .window = { -in-the-window }

emergencies_without_care = emergencies without any care within 24 h
    .short = { emergencies_without_care }
    .explanation = episodes that became severe and had neither emergency care nor treatment by any provider within a day
    .counted = episodes that became severe without such care at most 1 day later
    .over = person-years present, without the last 2 days
    .window = first severe day at least 2 days before the end

# --- Unmet need ---

unmet_need_episodes = episodes of need that no provider saw
    .short = needs unseen by any provider
    .explanation = ended episodes perceived as moderate or graver that no provider saw
    .counted = of these, never seen by a provider
    .over = ended episodes perceived at severity 2 or more
    .window = { -had-time-to-end }

unmet_need_lasting = lasting episodes of need that no provider saw
    .short = lasting unmet need
    .explanation = perceived episodes of need that lasted three days or more and ended without any provider having seen the patient
    .counted = unmet episodes that lasted
    .over = ended episodes of need that lasted
    .window = { -had-time-to-end }

unmet_need_persons = people with an unmet need in a year
    .short = people with such a need in a year
    .explanation = people with an ended episode in a year that no provider saw, of those present 300 days of it
    .counted = of these, people with an unmet episode
    .over = people present at least 300 days
    .window = { -last-year }

unmet_need_persons_90 = people with an unmet need in a year, short stays too
    .short = people with such a need, short stays too
    .explanation = people with an ended episode in a year that no provider saw, of those present 90 days of it
    .counted = of these, people with an unmet episode
    .over = people present at least 90 days
    .window = { -last-year }

unmet_need_by_gate =
    { $detail ->
        [perceive] did not know that emergency care is free
        [seek] fear, language, several barriers, or judged that it could wait
        [seek_fear_or_language] fear or language
        [seek_several_barriers_together] several barriers together
        [seek_judged_it_could_wait] judged that it could wait
        [reach] leave, distance or queue
        [pay] price, or refused at the desk
        [engage] care failed or was given up
       *[other] episodes of unmet need, by what stopped people first
    }
    .short = what stopped people first
    .explanation = unmet episodes by the first gate that stopped them
    .counted = of these, stopped first by the gate
    .over = unmet episodes
    .window = { -had-time-to-end }

unmet_need_by_reason =
    { $detail ->
        [money] money
        [fear] fear of being reported
        [language] no common language
        [effort] distance, waits or leave
        [turned_away] turned away everywhere
        [treated_oneself] treated themselves
        [could_wait] it could wait
       *[other] episodes of unmet need, by the reason people would name
    }
    .short = the reason people would name
    .explanation = unmet episodes by the largest deterrent felt at the last decision, as a survey would ask for it
    .counted = of these, with this reason
    .over = unmet episodes
    .window = { -had-time-to-end }

# --- Delays ---

delay_to_decision = delay from onset to the decision to seek care
    .short = delay to the decision
    .explanation = from onset to the first decision to seek care
    .counted = days from onset to the first decision: median, 90 %, mean restricted to 30 days
    .over = perceived episodes with a decision (needs besides treatment apart)
    .window = onset in the window

decided_at_once = moderate needs decided on the day they were perceived
    .short = decided at once
    .explanation = first decisions to seek care on the day of perception, of episodes that never became severe
    .counted = episodes decided that day
    .over = moderate episodes with a decision
    .window = perceived in the window

delay_to_arrival = delay from the decision to arrival
    .short = delay to arrival
    .explanation = from decision to arrival
    .counted = days from decision to arrival, the same statistics (Aalen-Johansen: other ends compete)
    .over = episodes decided on
    .window = decision in the window

delay_to_care = delay from arrival to care
    .short = delay to care
    .explanation = from arrival to care
    .counted = days from arrival to care, the same statistics
    .over = episodes that arrived
    .window = arrival in the window

# --- Unresolved cases ---

unresolved_stock = known cases open for over 30 days
    .short = { unresolved_stock }
    .explanation = cases known to an institution with a need open for more than 30 days, mean stock
    .counted = known cases with a need open for more than 30 days
    .over = { -person-days }
    .window = { -every-day }

unresolved_share = known cases open for over 30 days, of all open ones
    .short = share of known cases open for long
    .explanation = known cases with a need open for more than 30 days, of all known cases with an open need
    .counted = of these, with a need open for more than 30 days
    .over = known cases with an open need
    .window = { -every-day }

unresolved_flow = known cases closed with a need lost
    .short = { unresolved_flow }
    .explanation = known cases closed with a need lost: given up, lost sight of, left or died
    .counted = of these, with a need lost, or ended by departure or death
    .over = known cases with nothing open any more
    .window = closed in the window

unresolved_needs =
    { $detail ->
        [documents] of these, for documents
        [information] of these, for information
        [payment] of these, for payment
        [shelter] of these, for shelter
       *[other] other needs lost or still open after 30 days
    }
    .short = other needs lost or still open
    .explanation = needs besides treatment that were lost or stayed open for more than 30 days
    .counted = of these, not settled by the end (lost, or still open)
    .over = needs besides treatment that were not superseded
    .window = arose at least 30 days before the end

hidden_unmet_need = open episodes no institution knows of
    .short = open episodes unseen by any provider
    .explanation = open episodes that no institution knows of, mean stock
    .counted = open episodes that no institution knows of
    .over = { -person-days }
    .window = { -every-day }

total_unresolved = unresolved in all
    .short = unresolved in all, known and hidden
    .explanation = known unresolved cases and episodes nobody has seen, mean stock
    .counted = unresolved known cases and episodes no institution knows of
    .over = { -person-days }
    .window = { -every-day }

time_to_resolution = time from arrival at an agency to the solution
    .short = time to the solution
    .explanation = from the first arrival at an agency to the solution of a need (mean restricted to 90)
    .counted = days to the solution: median, 90 %, mean restricted to 90 days (other ends compete)
    .over = needs besides treatment that reached an agency
    .window = first arrival in the window

referral_chain = referrals, bounces and dead ends of needs
    .short = referrals and dead ends
    .explanation = referrals, bounces and dead ends of needs that have ended
    .counted = referrals, bounces, needs with 3 or more, wrong ones, dead ends, no-shows brought back
    .over = needs besides treatment; referrals; no-shows
    .window = ended in the window

duplicate_work = services for a need settled elsewhere
    .short = duplicate services
    .explanation = services for a need that was settled elsewhere already
    .counted = services for a need settled elsewhere
    .over = services of agencies
    .window = { -in-the-window }

# --- Knowledge ---

awareness =
    { $detail ->
        [emergency_right] know that emergency care is free
        [who_helps] know who helps
        [insurance] know about insurance
        [registration] know the rules of registration
       *[other] people who know an item
    }
    .short = people who know an item
    .explanation = people who know an item, mean over the window
    .counted = people who know the item
    .over = { -person-days }
    .window = { -every-day }

learned_from = items of knowledge by where they were learned
    .short = where items were learned
    .explanation = where items of knowledge have been learned
    .counted = items learned from the source
    .over = items learned
    .window = { -in-the-window }

# --- Load of institutions ---

contacts = visits to clinics and services of agencies
    .short = visits and services
    .explanation = visits by kind of institution, and services by agency
    .counted = visits to a kind of clinic, services of an agency
    .over = { -person-years }
    .window = { -in-the-window }

load = use of capacity, queues and full days
    .short = load of institutions
    .explanation = services given / capacity, and days without a free slot
    .counted = services; people waiting; days full; diverted or boarding patients
    .over = slots; days; open days
    .window = { -every-day }

load_on_residents = what migrants' emergencies add to the waiting of residents
    .short = load on residents
    .explanation = what the emergencies of migrants add to the waiting of residents
    .counted = minutes added to the wait for an ambulance by Erlang's formula; beds taken by migrants
    .over = none (minutes); hospital beds
    .window = { -every-day }

# --- Health ---

deaths = deaths
    .short = { deaths }
    .explanation = deaths, people followed after leaving included
    .counted = deaths, those followed after leaving included
    .over = { -person-years }
    .window = { -in-the-window }

permanent_consequences = severe episodes with permanent consequences
    .short = permanent consequences
    .explanation = severe episodes that left permanent consequences
    .counted = severe episodes that left consequences
    .over = { -person-years }
    .window = { -in-the-window }

daly =
    { $detail ->
        [discounted] DALYs lost, discounted
        [undiscounted] DALYs lost, undiscounted
       *[other] DALYs lost
    }
    .short = DALYs lost
    .explanation = disability-adjusted life years lost, people followed after leaving included
    .counted = years of life lost and years with disability, discounted and not
    .over = { -person-years }
    .window = { -in-the-window }

years_of_life_lost = life years lost to death
    .short = life years lost
    .explanation = remaining years of life of those who died: the part of DALYs that is due to death
    .counted = remaining years at the age of each death
    .over = { -person-years }
    .window = { -in-the-window }

years_with_disability = years lost to illness and its consequences
    .short = years lost to illness
    .explanation = days ill and permanent consequences, weighted: the part of DALYs that is due to illness
    .counted = days ill times disability weight; consequences for the rest of life
    .over = { -person-years }
    .window = { -in-the-window }

qaly = quality-adjusted years lived
    .short = quality-adjusted years
    .explanation = quality-adjusted years lived in the city
    .counted = person-years less health lost to illness
    .over = { -person-years }
    .window = { -in-the-window }

# --- Money ---

out_of_pocket = paid by migrants for care
    .short = { out_of_pocket }
    .explanation = payments for care, borrowed money included
    .counted = KZT paid by patients, borrowed money included
    .over = { -person-years }
    .window = { -in-the-window }

catastrophic_spending =
    { $detail ->
        [over_10_of_consumption] paid over 10 % of consumption
        [over_25_of_consumption] paid over 25 % of consumption
        [over_40_of_capacity_to_pay] paid over 40 % of what they can pay
       *[other] people who paid a large part of what they live on
    }
    .short = large payments for care
    .explanation = people present most of a year who paid more for care than a share of what they live on
    .counted = of these, paid over 10 %, 25 % of consumption, or 40 % of consumption above subsistence
    .over = people present at least 300 days
    .window = { -last-year }

distress_financing = treated episodes with new debt or an unpaid bill
    .short = debts and unpaid bills
    .explanation = treated episodes with new debt or an unpaid bill
    .counted = of these, with borrowed money or an unpaid bill
    .over = episodes seen by a provider
    .window = began and ended in the window

forgone_for_cost = needs given up for the price
    .short = { forgone_for_cost }
    .explanation = perceived needs that no provider saw because of the price: read F1 to F4 with it
    .counted = of these, never seen by a provider and stopped by the price
    .over = episodes perceived at severity 2 or more
    .window = began and ended in the window

coverage =
    { $detail ->
        [of_everybody] insured in the fund, of everybody
        [of_those_who_may_join] insured in the fund, of those who may join
       *[other] people insured in the fund
    }
    .short = insured in the fund
    .explanation = person-days insured in the fund over person-days
    .counted = person-days insured in the fund
    .over = person-days, and those of people who may join
    .window = { -every-day }

effective_coverage = insured people's visits the insurance paid
    .short = insured visits that were paid
    .explanation = ordinary visits of insured people that the fund or an insurer paid
    .counted = of these, paid by the fund or an insurer
    .over = ordinary visits of insured people below severity 3
    .window = { -in-the-window }

insured_visits = visits the insurance paid
    .short = visits insurance paid
    .explanation = ordinary visits that the fund or an insurer paid
    .counted = ordinary visits paid by the fund or an insurer
    .over = { -person-years }
    .window = { -in-the-window }

fund_balance = balance of the fund
    .short = { fund_balance }
    .explanation = contributions less claims and administration
    .counted = contributions less claims and administration
    .over = { -person-years }
    .window = { -in-the-window }

loss_ratio = claims of the fund over its contributions
    .short = loss ratio of the fund
    .explanation = claims over contributions
    .counted = claims
    .over = contributions
    .window = { -in-the-window }

cost_to_state =
    { $detail ->
        [bills_never_paid] of this, bills never paid
       *[other] cost to the state
    }
    .short = cost to the state
    .explanation = care and policies paid by the state, and bills never paid
    .counted = care and policies paid by the state, joint fund, bills never paid
    .over = { -person-years }
    .window = { -in-the-window }

societal_cost =
    { $detail ->
        [working_days_lost] of this, working days lost
       *[other] cost to society
    }
    .short = cost to society
    .explanation = care, work of institutions and policies, whoever pays, and working days lost
    .counted = care (all payers), work of institutions, policies, wages of days lost
    .over = { -person-years }
    .window = { -in-the-window }

policy_cost = cost of the policy
    .short = { policy_cost }
    .explanation = what the policy costs those who run it, beyond 2018, as far as its levers are costed
    .counted = KZT of policy costs beyond 2018
    .over = { -person-years }
    .window = { -in-the-window }

money_flow = flow of money
    .short = { money_flow }
    .explanation = one flow of the ledger
    .counted = KZT of the flow booked
    .over = { -person-years }
    .window = { -in-the-window }

# --- Fairness ---

rate_ratio = rate of a group over that of the reference group
    .short = rate ratio
    .explanation = rate of a group over that of Kyrgyz citizens, or of permanent residents
    .counted = rate of the group
    .over = rate of Kyrgyz citizens, or of permanent residents
    .window = that of the indicator

inequality_index = index of inequality of unmet need by wage
    .short = inequality by wage
    .explanation = Erreygers index of unmet need by wage: below 0, the poor go without more often
    .counted = 8 times the covariance of unmet need with wage rank
    .over = episodes of unmet_need_episodes
    .window = { -had-time-to-end }

inequality_slope = unmet need of the best paid less the worst
    .short = slope of unmet need by wage
    .explanation = unmet need of the best paid less the worst
    .counted = slope of unmet need on wage rank
    .over = episodes of unmet_need_episodes
    .window = { -had-time-to-end }

horizontal_inequity = index of inequality beyond what need explains
    .short = inequity beyond need
    .explanation = Erreygers index of unmet need less what need alone explains
    .counted = the index, of unmet need less what kind, severity, age and sex explain
    .over = episodes of unmet_need_episodes
    .window = { -had-time-to-end }

enabling_share = part of unmet need that status, sector and wage explain
    .short = share of enabling factors
    .explanation = share of enabling factors (status, sector, wage) in what explains unmet need
    .counted = share (Shapley) of status, sector and wage in what a linear model explains
    .over = explained variation of unmet need
    .window = { -had-time-to-end }

odds_of_care = odds that a need is seen, with something over without it
    .short = odds of care
    .explanation = odds that a perceived need is seen by a provider, one group over the other
    .counted = odds of being seen with a contract, registered or better, able to afford a visit
    .over = odds without
    .window = began and ended in the window

# --- Population ---

population = migrants present
    .short = { population }
    .explanation = mean number of migrants present
    .counted = people present
    .over = days of the window
    .window = { -every-day }

police_measures = fines and removals by the police
    .short = fines and removals
    .explanation = fines and removals under migration rules
    .counted = fines, removals
    .over = { -person-years }
    .window = { -in-the-window }

legal_status_share = people by legal status
    .short = legal statuses
    .explanation = person-days in a legal status
    .counted = person-days in the status
    .over = { -person-days }
    .window = { -every-day }

with_contracts = people whose employer gives contracts
    .short = people with contracts
    .explanation = people whose employer gives contracts
    .counted = people whose employer gives contracts
    .over = { -person-days }
    .window = { -every-day }

jobless = people who have lost their work
    .short = people out of work
    .explanation = people who have lost their work
    .counted = people who have lost their work
    .over = { -person-days }
    .window = { -every-day }
