-- What subscribers have been told so far.
CREATE OR REPLACE TEMP TABLE event_before AS FROM before.event_log;
