//! What a call sends, and the replicas that it waits for.
//!
//! Whoever reads over a connection and whoever writes use different ones if writes wait for replicas: `WAIT` holds up every command
//! that comes after it on the same connection.

use redis::aio::ConnectionLike;
use redis::{Arg, Cmd, ErrorKind, Pipeline, RedisError, RedisFuture, RedisResult, Value};

#[cfg(feature = "cluster")]
use crate::cluster::Cluster;
use crate::link::Link;
#[cfg(feature = "cluster")]
use crate::wire::Wire;

/// How many commands travel together to one node: a write to a grant with 100,000 links takes a hundred round trips, and other
/// calls are served in between.
const PART: usize = 1000;

/// How many milliseconds replicas have for acknowledging a write.
const ACKNOWLEDGED_WITHIN: u32 = 1000;

/// The connection of a call.
#[derive(Clone)]
pub(crate) struct Connection {
    link: Link,
    /// How many replicas have to acknowledge what is sent.
    replicas: u32,
}

impl Connection {
    /// Sends over a link. With 0 replicas, nothing is waited for.
    pub(crate) fn new(link: Link, replicas: u32) -> Self {
        Self { link, replicas }
    }

    /// Sends one command.
    ///
    /// # Errors
    ///
    /// What Redis answers as an error is one here too, and so is a write that too few replicas acknowledged.
    async fn send(&self, command: &Cmd) -> RedisResult<Value> {
        // A script goes to every node, and is no write.
        let is_script = matches!(command.args_iter().next(), Some(Arg::Simple(b"SCRIPT")));
        if self.replicas == 0 || is_script {
            let mut current = self.link.connection().await?;
            let answer = current.wire.send(command).await;
            let answer = answer.and_then(Value::extract_error);
            if let Err(error) = &answer {
                self.link.judge(&current, error);
            }
            return answer;
        }
        let mut pipeline = Pipeline::new();
        pipeline.add_command(command.clone());
        let mut answers = self.send_part(pipeline).await?;
        match answers.len() {
            1 => answers.remove(0).extract_error(),
            _ => Err(odd_answer()),
        }
    }

    /// Sends commands that are for one node, and waits for replicas if there are any to wait for.
    async fn send_part(&self, mut pipeline: Pipeline) -> RedisResult<Vec<Value>> {
        self.add_wait(&mut pipeline);
        let mut current = self.link.connection().await?;
        let answers = current.wire.send_all(&pipeline).await;
        if let Some(error) = first_error(&answers) {
            self.link.judge(&current, &error);
        }
        self.without_wait(answers?)
    }

    /// Adds the command that waits, if there are replicas to wait for.
    fn add_wait(&self, pipeline: &mut Pipeline) {
        if self.replicas > 0 {
            pipeline
                .cmd("WAIT")
                .arg(self.replicas)
                .arg(ACKNOWLEDGED_WITHIN);
        }
    }

    /// The answers, unless too few replicas acknowledged.
    fn without_wait(&self, mut answers: Vec<Value>) -> RedisResult<Vec<Value>> {
        if self.replicas == 0 {
            return Ok(answers);
        }
        match answers.pop().map(Value::extract_error) {
            Some(Ok(Value::Int(count))) if count >= i64::from(self.replicas) => Ok(answers),
            Some(Ok(Value::Int(count))) => Err(too_few(count)),
            Some(Err(error)) => Err(error),
            _ => Err(odd_answer()),
        }
    }

    /// Sends commands that do not depend on each other, in parts, and returns the answers in their order.
    async fn send_all(&self, commands: &Pipeline) -> RedisResult<Vec<Value>> {
        if commands.is_empty() {
            return Ok(Vec::new());
        }
        #[cfg(feature = "cluster")]
        if let Wire::Cluster(cluster) = self.link.connection().await?.wire {
            return self.send_by_node(&cluster, commands).await;
        }
        let mut answers = Vec::with_capacity(commands.len());
        let mut commands = commands.cmd_iter().cloned().peekable();
        while commands.peek().is_some() {
            let mut part = Pipeline::new();
            for command in commands.by_ref().take(PART) {
                part.add_command(command);
            }
            answers.append(&mut self.send_part(part).await?);
        }
        Ok(answers)
    }

    /// Sends commands to the nodes that serve their keys. Those that meet an error, such as a redirection, are sent again one
    /// by one.
    #[cfg(feature = "cluster")]
    async fn send_by_node(
        &self,
        cluster: &Cluster,
        commands: &Pipeline,
    ) -> RedisResult<Vec<Value>> {
        let commands: Vec<Cmd> = commands.cmd_iter().cloned().collect();
        let mut answers = vec![None; commands.len()];
        for (node, places) in cluster.by_node(&commands).await? {
            let Some(node) = node else { continue };
            for places in places.chunks(PART) {
                let mut pipeline = Pipeline::new();
                for place in places {
                    pipeline.add_command(commands[*place].clone());
                }
                self.add_wait(&mut pipeline);
                // A node that does not answer may have a successor.
                let Ok(part) = cluster.send_to(&node, pipeline).await else {
                    continue;
                };
                let part = self.without_wait(part)?;
                for (place, answer) in places.iter().zip(part) {
                    answers[*place] = answer.extract_error().ok();
                }
            }
        }
        for (command, answer) in commands.iter().zip(&mut answers) {
            if answer.is_none() {
                cluster.forget_primaries();
                *answer = Some(self.send(command).await?);
            }
        }
        Ok(answers.into_iter().flatten().collect())
    }
}

impl ConnectionLike for Connection {
    fn req_packed_command<'a>(&'a mut self, command: &'a Cmd) -> RedisFuture<'a, Value> {
        Box::pin(self.send(command))
    }

    fn req_packed_commands<'a>(
        &'a mut self,
        pipeline: &'a Pipeline,
        _offset: usize,
        _count: usize,
    ) -> RedisFuture<'a, Vec<Value>> {
        Box::pin(self.send_all(pipeline))
    }

    fn get_db(&self) -> i64 {
        0
    }
}

/// What failed first: the whole pipeline or one of its commands.
fn first_error(answers: &RedisResult<Vec<Value>>) -> Option<RedisError> {
    match answers {
        Err(error) => Some(error.clone()),
        Ok(answers) => {
            let is_error = |answer: &&Value| matches!(answer, Value::ServerError(_));
            let failed = answers.iter().find(is_error)?;
            failed.clone().extract_error().err()
        }
    }
}

/// Whether an error is that of [`too_few`].
pub(crate) fn is_too_few(error: &RedisError) -> bool {
    error.kind() == ErrorKind::Client && error.to_string().starts_with(TOO_FEW)
}

/// How the error of [`too_few`] begins.
const TOO_FEW: &str = "too few replicas acknowledged the write";

/// The error of a write that only so many replicas acknowledged. The primary has carried it out.
fn too_few(count: i64) -> RedisError {
    let detail = format!("{count} did within {ACKNOWLEDGED_WITHIN} ms");
    (ErrorKind::Client, TOO_FEW, detail).into()
}

/// The error for fewer answers than commands.
fn odd_answer() -> RedisError {
    (ErrorKind::UnexpectedReturnType, "an answer is missing").into()
}
